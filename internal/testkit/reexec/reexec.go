// Package reexec starts the program of a test again, as a process to be killed at a moment of the test's choice.
package reexec

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// Process is what was started.
type Process struct {
	Out *bufio.Reader // what it writes after its first line
	cmd *exec.Cmd
}

// Start starts the program with the variable of the environment that tells it what to do, and returns the first line
// that it writes. The process ends with the test.
func Start(t testing.TB, variable, value string, args ...string) (p *Process, first string, err error) {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), variable+"="+value)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, "", fmt.Errorf("start the test again: %w", err)
	}
	p = &Process{Out: bufio.NewReader(out), cmd: cmd}
	t.Cleanup(func() { p.Kill() })
	if first, err = p.Out.ReadString('\n'); err != nil {
		return nil, "", fmt.Errorf("the child said nothing: %w", err)
	}
	return p, strings.TrimSpace(first), nil
}

// Kill kills the process and waits for its end. It returns how many bytes the process had written that nobody had read.
func (p *Process) Kill() (unread int64) {
	if p.cmd.ProcessState != nil { // killed before
		return 0
	}
	_ = p.cmd.Process.Kill()
	unread, _ = io.Copy(io.Discard, p.Out)
	_ = p.cmd.Wait() // the error is that it was killed
	return unread
}
