package rtp

import (
	"context"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/pace"
)

// bridgeCalls joins two calls: the b of one and the a of the other are ours.
func bridgeCalls(t *testing.T, x, y *call) {
	t.Helper()
	for _, p := range []*party{x.b, y.a} {
		if err := p.SetSink(nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, way := range [][2]*Session{{x.b.Session, y.a.Session}, {y.a.Session, x.b.Session}} {
		if _, err := way[0].Forward(way[1]); err != nil {
			t.Fatal(err)
		}
	}
}

// pass2 lets time go by in two calls that are joined.
func pass2(x, y *call, d time.Duration) {
	for range d / media.Tick {
		for _, c := range []*call{x, y} {
			c.now = c.now.Add(media.Tick)
			c.clock.pass(media.Tick)
		}
		x.a.Tick(x.now)
		y.b.Tick(y.now)
		x.b.rtp.done(x.t, x.a.rtp.written.Load())
		y.a.rtp.done(y.t, y.b.rtp.written.Load())
		x.b.Tick(x.now)
		y.a.Tick(y.now)
		x.settle()
		y.settle()
	}
}

func TestBridgedLegsHearEachOther(t *testing.T) {
	for name, changes := range map[string][2]func(a, b *Config){
		"plain":                {nil, nil},
		"one leg sealed":       {sealed(t, AES128CMSHA180), nil},
		"both sealed, unalike": {sealed(t, AES128CMSHA180), sealed(t, AES128GCM)},
		"other payload types and packet times": {nil, func(a, b *Config) {
			a.Terms.SendType, b.Terms.ReceiveType = 97, 97
			b.Terms.SendType, a.Terms.ReceiveType = 98, 98
			b.Terms.PacketTime = 60 * time.Millisecond
		}},
	} {
		t.Run(name, func(t *testing.T) {
			x, y := newCall(t, changes[0]), newCall(t, changes[1])
			bridgeCalls(t, x, y)
			pass2(x, y, 2*time.Second)
			x.a.wantHears(t, toneB)
			y.b.wantHears(t, toneA)
			for _, p := range []*party{x.b, y.a} {
				if got := p.Stats(); got.Lost != 0 || got.Unsent != 0 || got.Forwarded.Packets < 30 || got.Waiting != 0 {
					t.Errorf("%s: lost %d, unsent %d, forwarded %d, waiting %d", p.cname, got.Lost, got.Unsent, got.Forwarded.Packets, got.Waiting)
				}
			}
		})
	}
}

func TestALossUpstreamIsConcealedDownstream(t *testing.T) {
	x, y := newCall(t, nil), newCall(t, nil)
	n := 0
	x.a.rtp.loses = func() bool { n++; return n%10 == 0 }
	bridgeCalls(t, x, y)
	pass2(x, y, 2*time.Second)
	y.b.wantHears(t, toneA)
	if got := y.b.Stats(); got.Lost < 8 || got.Concealed < 160*time.Millisecond {
		t.Errorf("the far end sees %d lost and concealed %v", got.Lost, got.Concealed)
	}
}

func TestALegThatEndsEndsForwarding(t *testing.T) {
	x, y := newCall(t, nil), newCall(t, nil)
	bridgeCalls(t, x, y)
	in, out := x.b.in.forwarding(), x.b.out.forwarding()
	if err := x.b.hang(); err != nil {
		t.Fatal(err)
	}
	for _, f := range []*Forwarding{in, out} {
		<-f.Done()
		if f.Err() == nil {
			t.Error("no reason is given")
		}
	}
	if y.a.in.forwarding() != nil || y.a.out.forwarding() != nil {
		t.Error("the other leg still forwards")
	}
}

func TestForwardingAllocatesNothing(t *testing.T) {
	// Not with HMAC: its pool gives things up at random under the race detector.
	for name, key := range map[string]*Key{"plain": nil, "from SRTP to SRTP": someKey(t, AES128GCM, 1)} {
		t.Run(name, func(t *testing.T) {
			br := bridge(t, func(a, b *Terms) { a.SendKey, a.ReceiveKey, b.SendKey, b.ReceiveKey = key, key, key, key })
			datagram := datagramOf(t, 7, 0, 0, 8, string(make([]byte, 160)))
			packets := datagramsOf(t, key, datagram, 3000)
			for _, p := range packets[:1000] {
				br.a.in.datagram(p, peerAddress, br.now, false)
			}
			next := 1000
			n := testing.AllocsPerRun(1000, func() {
				br.now = br.now.Add(media.Tick)
				br.a.in.datagram(packets[next], peerAddress, br.now, false)
				next++
			})
			if n != 0 {
				t.Errorf("%v allocations a packet", n)
			}
			if got := br.b.Stats().Sent.Packets; got != uint64(next) {
				t.Errorf("%d of %d packets were sent", got, next)
			}
		})
	}
}

// datagramsOf makes packets of one, in sequence, sealed when there is a key.
func datagramsOf(t *testing.T, key *Key, one []byte, n int) (all [][]byte) {
	t.Helper()
	context, err := key.context()
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		p := append([]byte(nil), one...)
		binary.BigEndian.PutUint16(p[2:], uint16(i))
		binary.BigEndian.PutUint32(p[4:], uint32(i)*160)
		if context != nil {
			if p, err = context.EncryptRTP(nil, p, nil); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, p)
	}
	return all
}

func TestTheWindowLetsNothingPassTwice(t *testing.T) {
	var w window
	for _, step := range []struct {
		seq  int64
		want bool
	}{
		{65536, true}, {65536, false}, {65538, true}, {65537, true}, {65537, false}, {65900, true}, {65537, false},
		{65899, true}, {65901 - 512, false}, {70000, true}, {65900, false}, {69999, true}, {69999, false},
	} {
		if got := w.take(step.seq); got != step.want {
			t.Errorf("%d passes: %v, want %v", step.seq, got, step.want)
		}
	}
}

func TestAPollerReceivesForManyAndRestsBetween(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	poller, err := NewPoller(2)
	if err != nil {
		t.Fatal(err)
	}
	pacer, err := pace.New(pace.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []netip.Addr{loopback, netip.IPv6Loopback()} {
		t.Run(host.String(), func(t *testing.T) {
			ctx, end := context.WithCancel(context.Background())
			served := make(chan error, 6)
			go func() { served <- poller.Run(ctx) }()
			go func() { served <- pacer.Run(ctx) }()
			ports, err := NewPorts(PortsConfig{Address: host, Poller: poller})
			if err != nil {
				t.Fatal(err)
			}
			plain, err := NewPorts(PortsConfig{Address: host})
			if err != nil {
				t.Fatal(err)
			}
			telephones := [2]*Pair{mustOpen(t, plain), mustOpen(t, plain)}
			var pairs [2]*Pair
			var legs [2]*Session
			for i := range legs {
				pairs[i] = mustOpen(t, ports)
				terms := lawTerms(t)
				terms.Remote = netip.AddrPortFrom(host, telephones[i].Port)
				if legs[i], err = New(Config{Terms: terms, CNAME: "leg", RTP: pairs[i].RTP, RTCP: pairs[i].RTCP, Pacer: pacer}); err != nil {
					t.Fatal(err)
				}
			}
			for i := range legs {
				if _, err := legs[i].Forward(legs[1-i]); err != nil {
					t.Fatal(err)
				}
				go func() { served <- legs[i].Run(ctx) }()
			}
			for deadline := time.Now().Add(5 * time.Second); pacer.Members() > 0; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("sessions that only forward are still ticked")
				}
			}
			for i := range 2 {
				for seq := range uint16(3) {
					b := datagramOf(t, 9, seq, uint32(seq)*160, 8, "abc")
					if _, err := telephones[i].RTP.WriteToUDPAddrPort(b, netip.AddrPortFrom(host, pairs[i].Port)); err != nil {
						t.Fatal(err)
					}
				}
				for range 3 {
					var p rtp.Packet
					if err := p.Unmarshal(receiveFrom(t, telephones[1-i].RTP)); err != nil || string(p.Payload) != "abc" || p.SSRC != legs[1-i].out.ssrc() {
						t.Errorf("telephone %d got %v, %v", 1-i, p, err)
					}
				}
			}
			if err := legs[0].SetSink(&ear{}); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(5 * time.Second); pacer.Members() != 1; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("%d sessions are ticked, want the one that is listened to", pacer.Members())
				}
			}
			end()
			for range 4 {
				if err := <-served; err != nil {
					t.Error(err)
				}
			}
		})
	}
	if err := poller.Close(); err != nil {
		t.Error(err)
	}
}

func TestAPolledSocketThatIsGoneIsTold(t *testing.T) {
	poller, err := NewPoller(1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = poller.Close() }()
	ports, err := NewPorts(PortsConfig{Address: loopback, Poller: poller})
	if err != nil {
		t.Fatal(err)
	}
	pair := mustOpen(t, ports)
	session, err := New(Config{Terms: lawTerms(t), CNAME: "a", RTP: pair.RTP, RTCP: pair.RTCP})
	if err != nil {
		t.Fatal(err)
	}
	_ = pair.Close()
	if err := session.Run(context.Background()); err == nil {
		t.Error("Run returned nil")
	}
	if _, err := pair.RTP.WriteToUDPAddrPort([]byte("x"), peerAddress); err == nil {
		t.Error("a closed socket was written to")
	}
	if err := pair.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}
