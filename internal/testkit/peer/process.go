// Package peer starts programs that others have written, for tests: baresip, a softphone, and whatever else a test
// talks with. They come with "scripts/setup.sh tests". Without them tests are skipped, unless the environment
// variable CI is set.
package peer

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Process is a program that a test has started. It ends with the test at the latest.
type Process struct {
	Out    bytes.Buffer // both outputs; to be read after Exited is closed
	Err    error        // how it ended, likewise
	Exited chan struct{}

	name string
	cmd  *exec.Cmd
}

// Launch starts a program in a folder, in a process group of its own.
func Launch(t testing.TB, dir, name string, args ...string) *Process {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		const hint = "is not installed: scripts/setup.sh tests brings it"
		if os.Getenv("CI") != "" {
			t.Fatalf("%s %s", name, hint)
		}
		t.Skipf("%s %s", name, hint)
	}
	p := &Process{name: name, cmd: exec.Command(path, args...), Exited: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), "HOME="+dir, "TERM=dumb")
	p.cmd.Stdout, p.cmd.Stderr = &p.Out, &p.Out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.Err = p.cmd.Wait()
		close(p.Exited)
	}()
	t.Cleanup(p.Kill)
	return p
}

// Kill ends the program and what it has started.
func (p *Process) Kill() {
	select {
	case <-p.Exited:
		return
	default:
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.Exited
}

// Bound waits until the program listens at a port of loopback, as the kernel tells. Asking the port
// itself would be taken for a call.
func (p *Process) Bound(t testing.TB, network string, port uint16) {
	t.Helper()
	const listening = "0A" // of TCP
	deadline := time.After(20 * time.Second)
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for {
		table, err := os.ReadFile("/proc/net/" + network)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(table)) {
			f := strings.Fields(line) // number, local, remote, state
			if len(f) > 3 && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", port)) && (network == "udp" || f[3] == listening) {
				return
			}
		}
		select {
		case <-poll.C:
		case <-p.Exited:
			t.Fatalf("%s has ended: %v\n%s", p.name, p.Err, &p.Out)
		case <-deadline:
			t.Fatalf("%s does not listen at %s %d", p.name, network, port)
		}
	}
}

var loopback = netip.MustParseAddr("127.0.0.1")

// FreePorts returns the first, an even one, of as many ports as any of the programs needs that nothing
// uses, of UDP and of TCP. A program that cannot be told to choose itself takes them a moment later.
func FreePorts(t testing.TB) uint16 {
	t.Helper()
	for range 100 {
		if first, err := tryPorts(); err == nil {
			return first
		}
	}
	t.Fatal("no free ports")
	return 0
}

func tryPorts() (uint16, error) {
	const many = 6
	first := uint16(10000+rand.IntN(9900)) &^ 1 // the kernel gives away higher ones, gateways take media ports from 20000
	for i := range uint16(many) {
		at := netip.AddrPortFrom(loopback, first+i)
		c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at))
		if err != nil {
			return 0, err
		}
		defer func() { _ = c.Close() }()
		l, err := net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(at))
		if err != nil {
			return 0, err
		}
		defer func() { _ = l.Close() }()
	}
	return first, nil
}
