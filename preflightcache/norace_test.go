//go:build !race

package preflightcache_test

// raceEnabled reports whether the race detector is on, which slows loops down
// more than it can find in them.
const raceEnabled = false
