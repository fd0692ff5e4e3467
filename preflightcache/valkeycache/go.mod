module github.com/corsengine/corsengine/preflightcache/valkeycache

go 1.26.0

replace github.com/corsengine/corsengine => ../..

require (
	github.com/corsengine/corsengine v0.0.0
	github.com/valkey-io/valkey-go v1.0.79
)

require (
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)
