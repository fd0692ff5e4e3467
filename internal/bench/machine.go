package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// describeMachine returns what matters of the machine to somebody who compares results:
// processor, cores, kernel, Go. It does not name the machine.
func describeMachine() string {
	var parts []string
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if model := cpuModel(string(text)); model != "" {
			parts = append(parts, model)
		}
	}
	cores := "1 core"
	if n := runtime.NumCPU(); n > 1 {
		cores = fmt.Sprintf("%d cores", n)
	}
	parts = append(parts, cores)
	system := runtime.GOOS
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		system = "Linux " + kernelVersion(string(text))
	}
	return strings.Join(append(parts, system+" "+runtime.GOARCH, runtime.Version()), ", ")
}

// cpuModel returns the first model name in the text of /proc/cpuinfo.
func cpuModel(text string) string {
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// kernelVersion returns the number of a release such as "6.1.0-40-amd64". What follows it
// is the distributor's, or whoever built it.
func kernelVersion(release string) string {
	release = strings.TrimSpace(release)
	end := strings.IndexFunc(release, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end > 0 {
		return release[:end]
	}
	return release
}
