"""The commands of talent service (人才服务): one module per group."""
