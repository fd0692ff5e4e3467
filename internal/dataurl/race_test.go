//go:build race

package dataurl

func init() { largeSize = 1 << 18 }
