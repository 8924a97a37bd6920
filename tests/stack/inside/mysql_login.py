"""In the Airflow worker: ``mysql_login.py USER PASSWORD SCHEMA``; MySQL's error number, or null."""

import json
import sys

import pymysql

user, password, schema = sys.argv[1:]
try:
    pymysql.connect(host="mysql", user=user, password=password, database=schema).close()
    refused = None
except pymysql.err.OperationalError as error:
    refused = error.args[0]
sys.stdout.write(json.dumps(refused))
