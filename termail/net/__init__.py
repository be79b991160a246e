"""What every agent of the client needs of the network: endpoints, trust, the wire tap, failures in words."""
