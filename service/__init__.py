"""The ways in: command line today, HTTP and chat later. Wires tools, memory and graph together; decides nothing."""
