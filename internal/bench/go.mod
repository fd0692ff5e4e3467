module github.com/corsengine/corsengine/internal/bench

go 1.26.0

replace github.com/corsengine/corsengine => ../..

require github.com/corsengine/corsengine v0.0.0

require (
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)
