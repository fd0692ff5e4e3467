package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"strings"
)

// A sample is what the process held while no fetch was running.
type sample struct {
	fetches     uint64  // done so far
	rate        float64 // fetches per second since the last sample
	heap        uint64  // bytes of live objects
	objects     uint64  // live objects
	mapped      uint64  // bytes that the runtime has from the system and has not returned
	goroutines  int
	descriptors int // open file descriptors, or -1 where they cannot be counted
	cycles      uint64
	gcCPU, cpu  float64 // seconds so far: of garbage collection, of everything
}

const (
	metricHeap       = "/memory/classes/heap/objects:bytes"
	metricObjects    = "/gc/heap/objects:objects"
	metricTotal      = "/memory/classes/total:bytes"
	metricReleased   = "/memory/classes/heap/released:bytes"
	metricGoroutines = "/sched/goroutines:goroutines"
	metricCycles     = "/gc/cycles/total:gc-cycles"
	metricGCCPU      = "/cpu/classes/gc/total:cpu-seconds"
	metricCPU        = "/cpu/classes/total:cpu-seconds"
	metricIdle       = "/cpu/classes/idle:cpu-seconds"
)

// read returns the values of runtime metrics. All of the names have to exist.
func read(names ...string) []metrics.Value {
	samples := make([]metrics.Sample, len(names))
	for i, name := range names {
		samples[i].Name = name
	}
	metrics.Read(samples)
	values := make([]metrics.Value, len(names))
	for i, s := range samples {
		if s.Value.Kind() == metrics.KindBad {
			panic("the runtime has no metric " + s.Name)
		}
		values[i] = s.Value
	}
	return values
}

func countGoroutines() int { return int(read(metricGoroutines)[0].Uint64()) }

// takeSample collects garbage and measures. It must not be called while fetches are
// running. The first call sets how many goroutines the later ones wait for.
func takeSample(s *sessions) sample {
	if s.goroutines == 0 {
		s.quiesce(0)
		s.goroutines = countGoroutines()
	}
	goroutines := s.quiesce(s.goroutines)
	runtime.GC() // twice: what is in a sync.Pool survives one
	runtime.GC()
	v := read(metricHeap, metricObjects, metricTotal, metricReleased, metricCycles, metricGCCPU, metricCPU, metricIdle)
	return sample{
		heap:        v[0].Uint64(),
		objects:     v[1].Uint64(),
		mapped:      v[2].Uint64() - v[3].Uint64(),
		goroutines:  goroutines,
		descriptors: countDescriptors(),
		cycles:      v[4].Uint64(),
		gcCPU:       v[5].Float64(),
		cpu:         v[6].Float64() - v[7].Float64(),
	}
}

// countDescriptors returns the number of open file descriptors, or -1.
func countDescriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(entries) - 1 // the directory itself
}

// An environment is what the numbers depend on besides the program.
type environment struct {
	version, system string
	processors      int
	settings        []string // GODEBUG and its like, if set
}

func describe() environment {
	e := environment{
		version:    runtime.Version(),
		system:     runtime.GOOS + "/" + runtime.GOARCH,
		processors: runtime.GOMAXPROCS(0),
	}
	for _, name := range []string{"GODEBUG", "GOGC", "GOMEMLIMIT"} {
		if value := os.Getenv(name); value != "" {
			e.settings = append(e.settings, name+"="+value)
		}
	}
	return e
}

// nonDefault returns the GODEBUG settings that have made a difference so far.
func nonDefault() []string {
	const prefix = "/godebug/non-default-behavior/"
	var samples []metrics.Sample
	for _, d := range metrics.All() {
		if strings.HasPrefix(d.Name, prefix) {
			samples = append(samples, metrics.Sample{Name: d.Name})
		}
	}
	metrics.Read(samples)
	var used []string
	for _, s := range samples {
		if n := s.Value.Uint64(); n > 0 {
			name, _, _ := strings.Cut(strings.TrimPrefix(s.Name, prefix), ":")
			used = append(used, fmt.Sprintf("%s (%d times)", name, n))
		}
	}
	return used
}
