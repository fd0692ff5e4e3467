package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/corsengine/corsengine/internal/bench/plot"
)

func mib(bytes uint64) float64 { return float64(bytes) / (1 << 20) }

// markdown returns the report.
func (r *result) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Soak\n\n")
	fmt.Fprintf(&b, "Written by `%s` in `internal/bench`.\n\n", r.cfg.command())
	r.writeConditions(&b)
	r.writeFindings(&b)
	r.writeSamples(&b)
	r.writeKinds(&b)
	return b.String()
}

// command is how to get the same soak again.
func (c *config) command() string {
	s := fmt.Sprintf("go run ./soak -n %d", c.fetches)
	if c.oneIn != defaultOneIn {
		s += fmt.Sprintf(" -sockets %d", c.oneIn)
	}
	if c.seed != defaultSeed {
		s += fmt.Sprintf(" -seed %d", c.seed)
	}
	if c.only != "" {
		s += fmt.Sprintf(" -only %q", c.only)
	}
	return s
}

func (r *result) writeConditions(b *strings.Builder) {
	done := uint64(0)
	if len(r.samples) > 0 {
		done = r.samples[len(r.samples)-1].fetches
	}
	fmt.Fprintf(b, "%d fetches in %s, samples included (%.0f a second), by %d workers on %s, %s, GOMAXPROCS %d.",
		done, r.took.Round(time.Second), float64(done)/r.took.Seconds(), r.cfg.workers,
		r.environment.version, r.environment.system, r.environment.processors)
	if r.cfg.oneIn > 0 {
		fmt.Fprintf(b, " One of %d over loopback sockets, HTTP/1.1.", r.cfg.oneIn)
	}
	settings := "none"
	if len(r.environment.settings) > 0 {
		settings = strings.Join(r.environment.settings, " ")
	}
	used := "none"
	if names := nonDefault(); len(names) > 0 {
		used = strings.Join(names, ", ")
	}
	fmt.Fprintf(b, " Runtime settings in the environment: %s; GODEBUG settings that made a difference: %s.\n\n", settings, used)
}

func (r *result) writeFindings(b *strings.Builder) {
	fmt.Fprintf(b, "| | | |\n|---|---|---|\n")
	for _, f := range r.findings {
		verdict := "ok"
		if !f.ok {
			verdict = "**not ok**"
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", f.what, verdict, f.text)
	}
	verdict := "flat"
	if !r.ok() {
		verdict = "not as it should be"
	}
	fmt.Fprintf(b, "\nVerdict: **%s**.\n\n", verdict)
}

// writeSamples writes all samples: each was taken while no fetch was running.
func (r *result) writeSamples(b *strings.Builder) {
	fmt.Fprintf(b, "## Samples\n\nEach after two garbage collections, with no fetch running and idle connections closed.\n\n")
	fmt.Fprintf(b, "| fetches | a second | live heap, MiB | objects | from the system, MiB | goroutines | descriptors | collections | CPU in GC |\n")
	fmt.Fprintf(b, "|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	var last sample
	for _, s := range r.samples {
		descriptors := "not measured"
		if s.descriptors >= 0 {
			descriptors = fmt.Sprint(s.descriptors)
		}
		fmt.Fprintf(b, "| %d | %.0f | %.3f | %d | %.1f | %d | %s | %d | %.1f %% |\n",
			s.fetches, s.rate, mib(s.heap), s.objects, mib(s.mapped), s.goroutines, descriptors,
			s.cycles-last.cycles, 100*(s.gcCPU-last.gcCPU)/(s.cpu-last.cpu))
		last = s
	}
}

func (r *result) writeKinds(b *strings.Builder) {
	fmt.Fprintf(b, "\n## Fetches\n\n| kind | in process | over sockets | not as expected |\n|---|--:|--:|---|\n")
	for k := range kinds {
		process, socket := r.tallies[0][k], r.tallies[1][k]
		wrong := process
		wrong.add(socket)
		text := ""
		if wrong.not > 0 {
			text = fmt.Sprintf("**%d**, such as: %s", wrong.not, strings.ReplaceAll(wrong.example, "|", `\|`))
		}
		fmt.Fprintf(b, "| %s | %d | %d | %s |\n", kinds[k].name, process.asExpected+process.not, socket.asExpected+socket.not, text)
	}
}

// plot draws heap and goroutines over fetches.
func (r *result) plot(name string) error {
	heap := plot.Series{Name: "live heap, MiB"}
	goroutines := plot.Series{Name: "goroutines"}
	descriptors := plot.Series{Name: "file descriptors"}
	for _, s := range r.samples {
		x := float64(s.fetches) / 1e6
		heap.Points = append(heap.Points, plot.Point{X: x, Y: mib(s.heap)})
		goroutines.Points = append(goroutines.Points, plot.Point{X: x, Y: float64(s.goroutines)})
		if s.descriptors >= 0 {
			descriptors.Points = append(descriptors.Points, plot.Point{X: x, Y: float64(s.descriptors)})
		}
	}
	c := &plot.Chart{
		Title:  fmt.Sprintf("Soak: what the process holds after up to %d fetches", r.cfg.fetches),
		XLabel: "million fetches",
		YLabel: "MiB, or number",
		YZero:  true,
		Note:   fmt.Sprintf("%s; %s, %s", r.cfg.command(), r.environment.version, r.environment.system),
		Series: []plot.Series{heap, goroutines},
	}
	if len(descriptors.Points) > 0 {
		c.Series = append(c.Series, descriptors)
	}
	var buf bytes.Buffer
	if err := plot.Line(&buf, c); err != nil {
		return err
	}
	return os.WriteFile(name, buf.Bytes(), 0o644)
}
