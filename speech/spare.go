package speech

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// SpareProcessors tells how many processors nobody on this machine wants at this moment, the
// calling thread aside; negative when some have to wait. Where the kernel does not tell, all count.
func SpareProcessors() int {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return runtime.NumCPU()
	}
	return spareOf(string(text), runtime.NumCPU())
}

// spareOf reads the fourth field of /proc/loadavg, such as 7/157: seven of 157 threads run or could
// (proc_loadavg(5)).
func spareOf(text string, processors int) int {
	fields := strings.Fields(text)
	if len(fields) < 4 {
		return processors
	}
	runnable, _, _ := strings.Cut(fields[3], "/")
	n, err := strconv.Atoi(runnable)
	if err != nil {
		return processors
	}
	return processors - max(0, n-1)
}
