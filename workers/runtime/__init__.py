"""The only place that knows AMQP, S3, SQL, YAML and logging."""
