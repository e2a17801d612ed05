package speech

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// outOfMemory is how much sooner than ourselves the kernel kills the process when memory runs out,
// of 1000 (proc_pid_oom_score_adj(5)).
const outOfMemory = 500

// child is one run of the speech process.
type child struct {
	cmd    *exec.Cmd
	lines  *lineLog
	exited chan struct{} // closed when it has ended and was reaped
}

// startChild starts the process: in a group of its own, so that Ctrl-C reaches only us; to be killed
// when we die; yielding to us on the processor.
func startChild(cfg SupervisorConfig) (*child, error) {
	c := &child{exited: make(chan struct{}), lines: newLineLog(cfg.Logger, time.Now)}
	arguments := append(cfg.Command[1:len(cfg.Command):len(cfg.Command)], "--socket", cfg.Socket)
	c.cmd = exec.Command(cfg.Command[0], arguments...)
	c.cmd.Env = os.Environ()
	if cfg.MemoryLimit > 0 && os.Getenv("GOMEMLIMIT") == "" {
		c.cmd.Env = append(c.cmd.Env, fmt.Sprintf("GOMEMLIMIT=%d", cfg.MemoryLimit/2))
	}
	c.cmd.Stdout, c.cmd.Stderr = c.lines, c.lines
	c.cmd.WaitDelay = time.Second // for output that a grandchild holds open
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}

	started := make(chan error, 1)
	go func() {
		defer close(c.exited)
		// The thread is this goroutine's to its end, and ends with it. For Linux has both of
		// threads: the death signal comes when the parent thread ends, and a child inherits the
		// priority of the thread that starts it, for all threads of its own.
		runtime.LockOSThread()
		yield(cfg.Nice, cfg.Logger)
		err := c.cmd.Start()
		started <- err
		if err == nil {
			_ = c.cmd.Wait() // failure tells from the state
		}
	}()
	if err := <-started; err != nil {
		<-c.exited
		return nil, err
	}
	if err := sacrifice(c.pid()); err != nil {
		cfg.Logger.Warn("speech process is not the first to go when memory runs out", "error", err)
	}
	return c, nil
}

// yield lowers the priority of the calling thread.
func yield(by int, logger *slog.Logger) {
	raw, err := unix.Getpriority(unix.PRIO_PROCESS, 0) // 20 − nice, as the system call has it
	if err == nil {
		err = unix.Setpriority(unix.PRIO_PROCESS, 0, min(20-raw+by, 19))
	}
	if err != nil {
		logger.Warn("speech process does not yield to media", "error", err)
	}
}

// sacrifice offers a process to the kernel before ourselves.
func sacrifice(pid int) error {
	raw, err := os.ReadFile("/proc/self/oom_score_adj")
	if err != nil {
		return err
	}
	own, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return err
	}
	score := strconv.Itoa(min(own+outOfMemory, 1000))
	return os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), []byte(score), 0)
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// failure tells how the process ended, with its last words. exited is closed.
func (c *child) failure() error {
	if last := c.lines.last(); last != "" {
		return fmt.Errorf("ended with %v: %s", c.cmd.ProcessState, last)
	}
	return fmt.Errorf("ended with %v", c.cmd.ProcessState)
}

// stop asks the process to end, and ends it when it does not.
func (c *child) stop(patience time.Duration) {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-c.exited:
	case <-time.After(patience):
		c.kill()
	}
}

// kill ends the process with all that it started.
func (c *child) kill() {
	_ = syscall.Kill(-c.pid(), syscall.SIGKILL) // it may have ended
	<-c.exited
}

// residentMemory returns what a process has in memory, in bytes (proc_pid_status(5)).
func residentMemory(pid int) (int64, error) {
	status, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer func() { _ = status.Close() }()
	for lines := bufio.NewScanner(status); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), "VmRSS:"); found {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(value, "kB")), 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("no VmRSS: the process is ending")
}
