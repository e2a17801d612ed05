package measure

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// Machine says where and of what something was measured.
type Machine struct {
	Date     time.Time `json:"date"`
	Revision string    `json:"revision,omitempty"` // of the source, with "+" when it was changed
	CPU      string    `json:"cpu"`
	Cores    int       `json:"cores"` // that may be used
	MemoryMB int       `json:"memory_mb"`
	Kernel   string    `json:"kernel"`
	Go       string    `json:"go"`
	Load     string    `json:"load"` // averages of 1, 5 and 15 minutes before
	Model    string    `json:"model,omitempty"`
}

// ThisMachine looks around. What cannot be found out stays empty.
func ThisMachine() Machine {
	m := Machine{Date: time.Now().UTC().Truncate(time.Second), Cores: runtime.GOMAXPROCS(0), Go: runtime.Version()}
	m.CPU = field("/proc/cpuinfo", "model name")
	if m.CPU == "" {
		m.CPU = runtime.GOARCH
	}
	kib, _ := strconv.Atoi(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"))
	m.MemoryMB = kib >> 10
	m.Kernel = firstWords("/proc/sys/kernel/osrelease", 1)
	m.Load = firstWords("/proc/loadavg", 3)
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				m.Revision = s.Value[:min(12, len(s.Value))] + m.Revision
			case s.Key == "vcs.modified" && s.Value == "true":
				m.Revision += "+"
			}
		}
	}
	return m
}

// String is one line.
func (m Machine) String() string {
	return fmt.Sprintf("%s · %s × %d · %d MB · Linux %s · %s · load %s · %s %s",
		m.Date.Format(time.DateTime), m.CPU, m.Cores, m.MemoryMB, m.Kernel, m.Go, m.Load, m.Model, m.Revision)
}

// field returns the value of the first "key : value" line of a file.
func field(path, key string) string {
	content, _ := os.ReadFile(path)
	for line := range strings.Lines(string(content)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func firstWords(path string, n int) string {
	content, _ := os.ReadFile(path)
	words := bytes.Fields(content)
	return string(bytes.Join(words[:min(n, len(words))], []byte(" ")))
}
