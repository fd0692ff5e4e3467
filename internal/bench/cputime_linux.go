package main

import (
	"fmt"
	"syscall"
	"time"
)

// threadTime returns the processor time that this thread has used. A goroutine that
// compares two has to be locked to its thread.
func threadTime() (time.Duration, error) { return rusage(syscall.RUSAGE_THREAD) }

// processTime returns the processor time that this process has used.
func processTime() (time.Duration, error) { return rusage(syscall.RUSAGE_SELF) }

func rusage(who int) (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		return 0, fmt.Errorf("getrusage: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}
