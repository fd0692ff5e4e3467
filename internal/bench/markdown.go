package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/corsengine/corsengine/internal/bench/plot"
)

// writePage writes the results as a page of their own, beside the plot.
func (r *results) writePage(w io.Writer) error {
	fmt.Fprint(w, "# What the engine costs\n\n")
	if err := r.writeMarkdown(w); err != nil {
		return err
	}
	_, err := fmt.Fprint(w, "\n![Requests per second by client](throughput.svg)\n\n"+
		"[How this is measured](../README.md)\n")
	return err
}

// writeReadme writes what the README of the repository shows.
func (r *results) writeReadme(w io.Writer) error {
	if err := r.writeMarkdown(w); err != nil {
		return err
	}
	_, err := fmt.Fprint(w, "\n![Requests per second by client](internal/bench/docs/throughput.svg)\n")
	return err
}

// writeMarkdown writes the tables of what has been measured.
func (r *results) writeMarkdown(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Measured on %s.\n", strings.Join(append([]string{r.machine}, r.versions...), ", "))
	fmt.Fprintf(&b, "Regenerate with `%s`. Ranges are the quartiles over the rounds.\n", r.command)
	if r.aims != nil {
		r.writeAims(&b)
	}
	if r.http != nil {
		r.writeHTTP(&b)
		if len(r.foreign) > 0 {
			r.writeForeign(&b)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (r *results) writeAims(b *bytes.Buffer) {
	b.WriteString("\nA fetch, over a Base in memory, in the same process, costs this much more than the Base alone. Least is the difference\n" +
		"of the fastest rounds. Floor is what a fetch costs any engine whatever it does, because of the types of net/http: a\n" +
		"request, a URL, a header map, a look at each response header, and for CORS a header of the exposed ones.\n\n" +
		"| fetch | allocations, aim | reached | | time, aim | reached | | on the processor | least time | floor | least floor |\n" +
		"|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, a := range r.aims {
		fmt.Fprintf(b, "| %s | ≤ %s | %s | %s | ≤ %s µs | %s µs (%s–%s) | %s | %s µs (%s–%s) | %s µs | %s µs (%s–%s) | %s µs |\n", a.name,
			number(a.maxAllocs), number(a.allocs.median), yesNo(a.reachedAllocs()),
			microseconds(a.maxNanoseconds),
			microseconds(a.wall.median), microseconds(a.wall.q1), microseconds(a.wall.q3), yesNo(a.reachedTime()),
			microseconds(a.cpu.median), microseconds(a.cpu.q1), microseconds(a.cpu.q3), microseconds(a.least),
			microseconds(a.floor.median), microseconds(a.floor.q1), microseconds(a.floor.q3), microseconds(a.leastFloor))
	}
}

func (r *results) writeHTTP(b *bytes.Buffer) {
	b.WriteString("\nRequests per second over loopback HTTP/1.1, cross-origin, PUT with a warm preflight cache. \"Dressed\" is net/http that\n" +
		"sends the same header fields as the engine:\n\n" +
		"| requests | net/http | dressed | engine | dressed : net/http | engine : dressed | engine : net/http | aim | | client's processor time for each |\n" +
		"|---|---|---|---|---|---|---|---|---|---|\n")
	for _, h := range r.http {
		fmt.Fprintf(b, "| %v | %s | %s | %s | %s | %s | %s | ≥ %s %% | %s | %s, %s, %s µs |\n", h.load,
			rate(h.bare), rate(h.dressed), rate(h.engine),
			percents(h.dressedRatio), percents(h.ownRatio), percents(h.engineRatio),
			number(100*h.aim()), yesNo(h.engineRatio.median >= h.aim()),
			microseconds(1e9*h.bareCPU.median), microseconds(1e9*h.dressedCPU.median), microseconds(1e9*h.engineCPU.median))
	}
}

func (r *results) writeForeign(b *bytes.Buffer) {
	b.WriteString("\nOthers with the same requests, to the same server, relative to net/http in the same rounds:\n\n| requests |")
	for _, name := range r.foreign {
		b.WriteString(" " + name + " |")
	}
	b.WriteString(" engine, from above |\n|---|---|" + strings.Repeat("---|", len(r.foreign)) + "\n")
	for _, h := range r.http {
		fmt.Fprintf(b, "| %v |", h.load)
		for _, f := range h.foreign {
			if !f.measured() {
				b.WriteString(" not installed |")
				continue
			}
			fmt.Fprintf(b, " %s/s, %s %% |", rate(f.rate), percent(f.ratio.median))
		}
		fmt.Fprintf(b, " %s/s, %s %% |\n", rate(h.engine), percent(h.engineRatio.median))
	}
	b.WriteString("\nNode's fetch has no CORS: it sends no preflights and checks no responses. Chromium has at most six connections to a\n" +
		"host, and its fetches cross processes.\n")
}

// writePlot draws the rates of all clients.
func (r *results) writePlot(w io.Writer) error {
	c := &plot.BarChart{
		Title:  "Cross-origin requests per second over loopback HTTP/1.1",
		YLabel: "requests per second",
		LogY:   true,
		Note:   strings.Join(append([]string{r.machine}, r.versions...), ", "),
	}
	for _, h := range r.http {
		group := h.Method
		if group == "PUT" {
			group += ", warm cache"
		}
		c.Groups = append(c.Groups, fmt.Sprintf("%s\n%d in flight", group, h.InFlight))
	}
	ends := func(name string, of func(*httpResult) summary) plot.BarSeries {
		return plot.BarSeries{
			Name:   name,
			Values: r.rates(func(h *httpResult) float64 { return of(h).median }),
			Low:    r.rates(func(h *httpResult) float64 { return of(h).q1 }),
			High:   r.rates(func(h *httpResult) float64 { return of(h).q3 }),
		}
	}
	c.Series = append(c.Series,
		ends("net/http", func(h *httpResult) summary { return h.bare }),
		ends("engine", func(h *httpResult) summary { return h.engine }))
	for i, name := range r.foreign {
		if name == foreignTitles["node"] {
			name += " (without CORS)"
		}
		c.Series = append(c.Series, ends(name, func(h *httpResult) summary { return h.foreign[i].rate }))
	}
	return plot.Bars(w, c)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "**no**"
}

// microseconds formats nanoseconds.
func microseconds(ns float64) string { return strconv.FormatFloat(ns/1000, 'f', 2, 64) }

// percent formats a ratio.
func percent(ratio float64) string { return strconv.FormatFloat(100*ratio, 'f', 1, 64) }

// percents formats the ratios of all rounds.
func percents(s summary) string {
	return percent(s.median) + " % (" + percent(s.q1) + "–" + percent(s.q3) + ")"
}

// number formats a count, with a decimal if it is not whole.
func number(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// rate formats a median with three digits that count, in groups of three.
func rate(s summary) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(s.median, 'g', 3, 64), 64) // of what has just been formatted
	digits := strconv.FormatFloat(rounded, 'f', 0, 64)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + " " + digits[at:]
	}
	return digits
}

// The markers in a README.
const (
	beginMarker = "<!-- bench:begin -->"
	endMarker   = "<!-- bench:end -->"
)

var errMarkers = errors.New("there is not one " + beginMarker + " and, after it, one " + endMarker)

// replaceBetween returns text with what is between the markers replaced.
func replaceBetween(text, replacement string) (string, error) {
	before, rest, ok := strings.Cut(text, beginMarker)
	_, after, ok2 := strings.Cut(rest, endMarker)
	if !ok || !ok2 || strings.Count(text, beginMarker) != 1 || strings.Count(text, endMarker) != 1 {
		return "", errMarkers
	}
	return before + beginMarker + "\n" + strings.TrimRight(replacement, "\n") + "\n" + endMarker + after, nil
}

// replaceFile replaces what is between the markers in a file by what write writes. If
// write is nil, it only looks whether that can be done.
func replaceFile(name string, write func(io.Writer) error) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if write != nil {
		if err := write(&b); err != nil {
			return err
		}
	}
	replaced, err := replaceBetween(string(text), b.String())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if write == nil {
		return nil
	}
	return writeFile(name, func(w io.Writer) error {
		_, err := io.WriteString(w, replaced)
		return err
	})
}

// writeFile writes a file whole or, on an error of write, not at all.
func writeFile(name string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o666)
}

// quoteArgs returns arguments as a shell takes them.
func quoteArgs(args []string) string {
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = arg
		if arg == "" || strings.ContainsFunc(arg, func(r rune) bool {
			return !strings.ContainsRune("-_./,=+:0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", r)
		}) {
			quoted[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}
