package suppression

// IsLoopback is isLoopback, for tests.
var IsLoopback = isLoopback
