#!/usr/bin/env bash
# Run once by the MySQL image, when its volume is empty: a database and a user each for the
# pipeline and for MLflow. Nobody uses root over the network.
set -euo pipefail

# In a SQL text between quotes.
quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/[\\\\']/\\\\&/g")"; }

MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql --protocol=socket --user=root <<SQL
CREATE DATABASE covertype CHARACTER SET utf8mb4;
CREATE USER 'pipeline'@'%' IDENTIFIED BY $(quoted "$PIPELINE_DB_PASSWORD");
GRANT ALL ON covertype.* TO 'pipeline'@'%';
CREATE DATABASE mlflow CHARACTER SET utf8mb4;
CREATE USER 'mlflow'@'%' IDENTIFIED BY $(quoted "$MLFLOW_DB_PASSWORD");
GRANT ALL ON mlflow.* TO 'mlflow'@'%';
SQL
