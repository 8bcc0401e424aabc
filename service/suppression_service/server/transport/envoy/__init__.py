"""The Envoy transport: Envoy with Python inside it, by the dynamic module of ``pyvoy``.

A process of the server is then an Envoy. It speaks HTTP, limits what peers may do, and
calls an ASGI application in its Python for each request.

    launch        whether Envoy can run here, and the command of a process
    bootstrap     Envoy's configuration: ports, limits, TLS
    filters       its filters before Python
    certificates  the certificate that Envoy reads again when it changes
    admin         Envoy's administration: draining and statistics
    transport     how the service starts and stops it
    application   the ASGI application, which sends each request where it belongs
    unary         gRPC's unary calls
    connect       everything else: Connect, gRPC-Web, health, reflection
    asgi          what the last three have in common
"""
