//go:build race

package valkeycache

const raceEnabled = true
