//go:build !race

package valkeycache

const raceEnabled = false
