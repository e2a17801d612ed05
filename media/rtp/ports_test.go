package rtp

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
)

// handClock shows the time it was set to.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func newHandClock() *handClock { return &handClock{now: time.Unix(1_700_000_000, 0)} }

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) After(time.Duration) <-chan time.Time { return nil }

func (c *handClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

var loopback = netip.MustParseAddr("127.0.0.1")

// freeRange returns the bounds of n pairs that nobody uses.
func freeRange(t *testing.T, n int) (low, high uint16) {
	t.Helper()
	for low := 20_000; low < 32_000; low += 2 * n {
		if isFree(low, 2*n) {
			return uint16(low), uint16(low + 2*n - 1)
		}
	}
	t.Fatal("the machine has no free ports")
	return 0, 0
}

func isFree(low, n int) bool {
	for port := low; port < low+n; port++ {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: loopback.AsSlice(), Port: port})
		if err != nil {
			return false
		}
		c.Close()
	}
	return true
}

// somePorts returns an allocator of n pairs that rest for 30 s by clock.
func somePorts(t *testing.T, n int, clock *handClock) *Ports {
	t.Helper()
	low, high := freeRange(t, n)
	ports, err := NewPorts(PortsConfig{Address: loopback, Low: low, High: high, Quarantine: 30 * time.Second, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	return ports
}

func mustOpen(t *testing.T, ports *Ports) *Pair {
	t.Helper()
	pair, err := ports.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pair.Close() })
	return pair
}

func wantOverload(t *testing.T, ports *Ports) {
	t.Helper()
	pair, err := ports.Open()
	if err == nil {
		_ = pair.Close()
		t.Fatalf("port %d was handed out, want none", pair.Port)
	}
	if hotline.CodeOf(err) != hotline.CodeOverload {
		t.Fatalf("the error is %v, want one of overload", err)
	}
}

func TestAPairIsAnEvenPortAndTheNext(t *testing.T) {
	low, high := freeRange(t, 4)
	for name, cfg := range map[string]PortsConfig{
		"in a range":                     {Address: loopback, Low: low, High: high},
		"in a range that begins odd":     {Address: loopback, Low: low + 1, High: high},
		"in a range that ends even":      {Address: loopback, Low: low, High: high - 1},
		"where the system chooses":       {Address: loopback},
		"on every IPv4 address":          {},
		"with buffers beyond the system": {Address: loopback, Buffer: 64 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			ports, err := NewPorts(cfg)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				pair := mustOpen(t, ports)
				media, reports := udpPort(pair.RTP), udpPort(pair.RTCP)
				if media%2 != 0 || reports != media+1 || media != int(pair.Port) {
					t.Errorf("RTP is on %d, RTCP on %d, Port is %d", media, reports, pair.Port)
				}
				if cfg.High != 0 && (media < int(cfg.Low) || reports > int(cfg.High)) {
					t.Errorf("%d and %d are not within %d…%d", media, reports, cfg.Low, cfg.High)
				}
			}
			if got := ports.InUse(); got != 2 {
				t.Errorf("%d pairs are in use, want 2", got)
			}
		})
	}
}

func udpPort(c Socket) int { return c.LocalAddr().(*net.UDPAddr).Port }

func TestARangeIsRefusedWhenItHoldsNoPair(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  PortsConfig
		want string
	}{
		"privileged ports":         {PortsConfig{Low: 1022, High: 2000}, "media ports"},
		"no low end":               {PortsConfig{High: 2000}, "media ports"},
		"no high end":              {PortsConfig{Low: 2000}, "media ports"},
		"upside down":              {PortsConfig{Low: 3000, High: 2000}, "media ports"},
		"one even port":            {PortsConfig{Low: 2000, High: 2000}, "media ports"},
		"an odd port and the next": {PortsConfig{Low: 2001, High: 2002}, "media ports"},
		"the last odd port":        {PortsConfig{Low: 65535, High: 65535}, "media ports"},
		"a negative quarantine":    {PortsConfig{Quarantine: -1}, "Quarantine"},
		"a quarantine of an hour":  {PortsConfig{Quarantine: time.Hour}, "Quarantine"},
		"a negative buffer":        {PortsConfig{Buffer: -1}, "Buffer"},
		"a buffer of 65 MiB":       {PortsConfig{Buffer: 65 << 20}, "Buffer"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewPorts(c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one about %s", err, c.want)
			}
		})
	}
}

func TestTheSmallestAndTheHighestRangesAreTaken(t *testing.T) {
	for _, bounds := range [][2]uint16{{1024, 1025}, {2001, 2003}, {65534, 65535}, {1024, 65535}} {
		if _, err := NewPorts(PortsConfig{Low: bounds[0], High: bounds[1]}); err != nil {
			t.Errorf("%d…%d: %v", bounds[0], bounds[1], err)
		}
	}
}

func TestAClosedPairRestsWhileOthersAreFree(t *testing.T) {
	clock := newHandClock()
	ports := somePorts(t, 3, clock)
	first := mustOpen(t, ports)
	_ = first.Close()
	clock.pass(10 * time.Second) // more than a thirtieth of the quarantine, less than all of it
	for range 2 {
		if pair := mustOpen(t, ports); pair.Port == first.Port {
			t.Fatalf("port %d came again after 10 s although others were free", pair.Port)
		}
	}
}

func TestAClosedPairIsUsedEarlyOnlyWhenNothingElseIsLeft(t *testing.T) {
	for name, c := range map[string]struct {
		rested time.Duration
		again  bool
	}{
		"at once":                     {0, false},
		"short of a thirtieth":        {999 * time.Millisecond, false},
		"after a thirtieth":           {time.Second, true},
		"after all of the quarantine": {30 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			clock := newHandClock()
			ports := somePorts(t, 1, clock)
			first := mustOpen(t, ports)
			wantOverload(t, ports)
			_ = first.Close()
			clock.pass(c.rested)
			if !c.again {
				wantOverload(t, ports)
				return
			}
			if pair := mustOpen(t, ports); pair.Port != first.Port {
				t.Errorf("port %d was opened, want %d", pair.Port, first.Port)
			}
			wantOverload(t, ports)
		})
	}
}

func TestClosingTwiceLetsGoOnce(t *testing.T) {
	clock := newHandClock()
	ports := somePorts(t, 1, clock)
	old := mustOpen(t, ports)
	if err := errors.Join(old.Close(), old.Close()); err != nil {
		t.Fatal(err)
	}
	if got := ports.InUse(); got != 0 {
		t.Fatalf("%d pairs are in use, want 0", got)
	}
	clock.pass(time.Minute)
	mustOpen(t, ports)
	_ = old.Close() // must not free what another call has
	if got := ports.InUse(); got != 1 {
		t.Errorf("%d pairs are in use, want 1", got)
	}
	clock.pass(time.Minute)
	wantOverload(t, ports)
}

func TestAPortThatAnotherProgramHoldsIsPassedOver(t *testing.T) {
	for name, offset := range map[string]int{"that of RTP": 0, "that of RTCP": 1} {
		t.Run(name, func(t *testing.T) {
			ports := somePorts(t, 2, newHandClock())
			taken := int(ports.cfg.Low) + offset
			other, err := net.ListenUDP("udp4", &net.UDPAddr{IP: loopback.AsSlice(), Port: taken})
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			if pair := mustOpen(t, ports); pair.Port != ports.cfg.Low+2 {
				t.Errorf("port %d was opened, want %d", pair.Port, ports.cfg.Low+2)
			}
			wantOverload(t, ports)
			_ = other.Close()
			if pair := mustOpen(t, ports); pair.Port != ports.cfg.Low {
				t.Errorf("port %d was opened once it was free, want %d", pair.Port, ports.cfg.Low)
			}
		})
	}
}

func TestCallsAtOnceGetDifferentPorts(t *testing.T) {
	const pairs, callers = 16, 24
	ports := somePorts(t, pairs, newHandClock())
	opened := make([]*Pair, callers)
	var callersDone sync.WaitGroup
	for i := range opened {
		callersDone.Go(func() { opened[i], _ = ports.Open() })
	}
	callersDone.Wait()
	seen := map[uint16]bool{}
	for _, pair := range opened {
		if pair == nil {
			continue
		}
		if seen[pair.Port] {
			t.Errorf("port %d was handed out twice", pair.Port)
		}
		seen[pair.Port] = true
		callersDone.Go(func() { _ = pair.Close() })
	}
	callersDone.Wait()
	if len(seen) != pairs || ports.InUse() != 0 {
		t.Errorf("%d of %d pairs were handed out, %d are still in use", len(seen), pairs, ports.InUse())
	}
}
