//go:build race

package weburl

func init() { raceEnabled = true }
