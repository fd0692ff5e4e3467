package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"
)

// writeProfiles writes into dir, for each aim, where the engine spends its time and
// what it allocates, and where this process spends its time on each load with 32 requests
// in flight. Each profile takes about the given time.
func writeProfiles(ctx context.Context, dir string, each time.Duration, stdout io.Writer) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for i := range aims {
		a := &aims[i]
		run, err := a.engine()
		if err != nil {
			return err
		}
		name := filepath.Join(dir, "cpu-"+slug(a.name)+".pprof")
		err = writeCPUProfile(name, func() error {
			_, err := repeat(ctx, run, each)
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		fmt.Fprintln(stdout, "go tool pprof -top", name)

		// A profile of allocations is of all since the start of a process.
		name = filepath.Join(dir, "allocs-"+slug(a.name)+".pprof")
		cmd, err := childCommand(ctx, fmt.Sprintf("allocs\n%s\n%s\n%d", a.name, name, max(100, each/(150*time.Microsecond))))
		if err != nil {
			return err
		}
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		fmt.Fprintln(stdout, "go tool pprof -sample_index=alloc_objects -top", name)
	}
	return writeHTTPProfiles(ctx, dir, each, stdout)
}

// writeHTTPProfiles writes the profiles over loopback.
func writeHTTPProfiles(ctx context.Context, dir string, each time.Duration, stdout io.Writer) error {
	srv, err := startServer(ctx)
	if err != nil {
		return err
	}
	defer srv.close()
	transport := newTransport()
	defer transport.CloseIdleConnections()
	for _, l := range loads {
		if l.InFlight == 1 {
			continue
		}
		l.URL, l.Body, l.Length = srv.url, putBody, len(answerBody)
		lane := engineLane(transport)
		name := filepath.Join(dir, "cpu-http-"+slug(l.Method)+".pprof")
		err := writeCPUProfile(name, func() error {
			_, err := repeat(ctx, func(n int) error {
				l.N = n
				_, err := lane.run(ctx, l)
				return err
			}, each)
			return err
		})
		if err != nil {
			return fmt.Errorf("%v: %w", l, err)
		}
		fmt.Fprintln(stdout, "go tool pprof -top", name)
	}
	return nil
}

// writeCPUProfile profiles run.
func writeCPUProfile(name string, run func() error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		f.Close()
		return err
	}
	err = run()
	pprof.StopCPUProfile()
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// writeAllocProfile is a child's: it makes fetches for an aim and writes what they have
// allocated.
func writeAllocProfile(aimName, name string, fetches int) error {
	for i := range aims {
		if aims[i].name != aimName {
			continue
		}
		run, err := aims[i].engine()
		if err != nil {
			return err
		}
		runtime.MemProfileRate = 1
		if err := run(fetches); err != nil {
			return err
		}
		runtime.GC() // which is when the profile is brought up to date
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		if err := pprof.Lookup("allocs").WriteTo(f, 0); err != nil {
			f.Close()
			return err
		}
		return f.Close()
	}
	return fmt.Errorf("unknown aim %q", aimName)
}

// repeat runs for about the given time, and returns how many operations that were.
func repeat(ctx context.Context, run func(n int) error, total time.Duration) (int, error) {
	const parts = 20 // after each of which ctx has a say
	n, err := calibrate(ctx, run, total/parts)
	if err != nil {
		return 0, err
	}
	for part := range parts {
		if ctx.Err() != nil {
			return part * n, context.Cause(ctx)
		}
		if err := run(n); err != nil {
			return part * n, err
		}
	}
	return parts * n, nil
}

// slug makes a name fit for a file.
func slug(name string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r == ' ':
			return '-'
		}
		return -1
	}, name), "-")
}
