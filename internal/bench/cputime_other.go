//go:build !linux

package main

import (
	"errors"
	"time"
)

// Elsewhere it is not known how to ask for these times.

func threadTime() (time.Duration, error)  { return 0, errors.ErrUnsupported }
func processTime() (time.Duration, error) { return 0, errors.ErrUnsupported }
