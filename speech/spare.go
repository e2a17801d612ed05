package speech

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// spareWindow is long against the kernel's 10 ms of accounting and short against a caller's turn.
const spareWindow = 200 * time.Millisecond

// userHz is in what parts of a second Linux counts processor time for its users, whatever the
// architecture (time(7)).
const userHz = 100

// Spare watches how many processors the rest of the machine leaves to this process. The zero value
// says all of them until Run looks. Safe for concurrent use.
type Spare struct {
	others atomic.Int64 // processors that others kept busy in the last window, in thousandths
}

// Run watches until ctx ends. Where the kernel does not tell, it returns at once.
func (s *Spare) Run(ctx context.Context) {
	ticker := time.NewTicker(spareWindow)
	defer ticker.Stop()
	before, ok := readUsage()
	for ok {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		var now usage
		if now, ok = readUsage(); ok {
			s.others.Store(int64(1000 * now.others(before)))
			before = now
		}
	}
}

// Processors returns how many processors can be had, at least 1. One that others keep busy for less
// than half of the time counts.
func (s *Spare) Processors() int {
	others := float64(s.others.Load()) / 1000
	return max(1, int(float64(runtime.NumCPU())-others+0.5))
}

// usage is the processor time used since some beginning.
type usage struct {
	at            time.Time
	machine, self time.Duration
}

// others returns how many processors were kept busy by others since before.
func (u usage) others(before usage) float64 {
	machine, self := u.machine-before.machine, u.self-before.self
	return max(0, float64(machine-self)/float64(u.at.Sub(before.at)))
}

func readUsage() (usage, bool) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return usage{}, false
	}
	machine, ok := busyOf(string(text))
	var self syscall.Rusage
	if !ok || syscall.Getrusage(syscall.RUSAGE_SELF, &self) != nil {
		return usage{}, false
	}
	return usage{time.Now(), machine, time.Duration(self.Utime.Nano() + self.Stime.Nano())}, true
}

// busyOf reads the first line of /proc/stat (proc_stat(5)): user, nice, system, idle, iowait, irq,
// softirq, steal. What a hypervisor steals cannot be had either.
func busyOf(text string) (time.Duration, bool) {
	line, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, false
	}
	ticks := 0
	for i, field := range fields[1:9] {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, false
		}
		if i != 3 && i != 4 {
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / userHz, true
}
