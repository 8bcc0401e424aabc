"""How much bounces and how many complain: counted, shown, told to CloudWatch."""
