"""Code that several test modules use: processes, systems, peers and fakes of AWS."""
