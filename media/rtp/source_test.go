package rtp

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"
)

var (
	told      = netip.MustParseAddrPort("192.0.2.1:4000") // by the SDP
	otherPort = netip.MustParseAddrPort("192.0.2.1:5000")
	otherHost = netip.MustParseAddrPort("198.51.100.7:4000")
	elsewhere = netip.MustParseAddrPort("203.0.113.9:6000")
)

const learnWindow = 2 * time.Second

func TestASourceIsAdmittedAsFarAsLearningGoes(t *testing.T) {
	for _, c := range []struct {
		name     string
		learning Learning
		told     netip.AddrPort
		from     netip.AddrPort
		want     bool
	}{
		{"near takes the SDP's source", LearnNear, told, told, true},
		{"near takes another port", LearnNear, told, otherPort, true},
		{"near takes another host with the port", LearnNear, told, otherHost, true},
		{"near takes nothing else", LearnNear, told, elsewhere, false},
		{"near takes nothing when the SDP tells nothing", LearnNear, netip.AddrPort{}, told, false},
		{"never takes the SDP's source", LearnNever, told, told, true},
		{"never takes no other port", LearnNever, told, otherPort, false},
		{"never takes no other host", LearnNever, told, otherHost, false},
		{"any takes whatever comes", LearnAny, told, elsewhere, true},
		{"any takes whatever comes when the SDP tells nothing", LearnAny, netip.AddrPort{}, elsewhere, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := source{learning: c.learning, window: learnWindow, expected: c.told}
			if got := s.admits(c.from, time.Unix(0, 0)); got != c.want {
				t.Errorf("admits %v: %v, want %v", c.from, got, c.want)
			}
		})
	}
}

// arrival is a packet that comes to a source and what is made of it.
type arrival struct {
	at            time.Duration
	from          netip.AddrPort
	ssrc          uint32
	seq           uint16
	authenticated bool
	want          verdict
}

const notAdmitted verdict = -1

func (a arrival) at0(s *source) verdict {
	now := time.Unix(1000, 0).Add(a.at)
	if !s.admits(a.from, now) {
		return notAdmitted
	}
	return s.judge(a.from, a.ssrc, a.seq, now, a.authenticated)
}

// run returns packets in sequence, the last of which is judged differently.
func run(n int, at time.Duration, from netip.AddrPort, ssrc uint32, before, last verdict) []arrival {
	all := make([]arrival, n)
	for i := range all {
		all[i] = arrival{at: at, from: from, ssrc: ssrc, seq: uint16(65534 + i), want: before}
	}
	all[n-1].want = last
	return all
}

func join(parts ...[]arrival) (all []arrival) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func TestASourceIsLearntOnceAndKept(t *testing.T) {
	const ms = time.Millisecond
	first := []arrival{{from: told, ssrc: 1, seq: 10, want: newStream}}
	for name, arrivals := range map[string][]arrival{
		"the SDP's source is believed at once": join(first, []arrival{{from: told, ssrc: 1, seq: 11, want: accepted}}),
		"another is believed after probation": join(
			run(probation, 0, elsewhere, 1, onProbation, newStream),
			[]arrival{{from: elsewhere, ssrc: 1, seq: 3, want: accepted}}),
		"another with a key is believed at once": {{from: elsewhere, ssrc: 1, authenticated: true, want: newStream}},
		"a gap begins probation again": join(
			run(probation-1, 0, elsewhere, 1, onProbation, onProbation),
			[]arrival{{from: elsewhere, ssrc: 1, seq: 100, want: onProbation}}),
		"two that mix do not convince": {
			{from: elsewhere, ssrc: 1, seq: 1, want: onProbation}, {from: otherPort, ssrc: 2, seq: 2, want: onProbation},
			{from: elsewhere, ssrc: 1, seq: 2, want: onProbation}, {from: otherPort, ssrc: 2, seq: 3, want: onProbation},
			{from: elsewhere, ssrc: 1, seq: 3, want: onProbation}, {from: otherPort, ssrc: 2, seq: 4, want: onProbation},
			{from: elsewhere, ssrc: 1, seq: 4, want: onProbation}, {from: otherPort, ssrc: 2, seq: 5, want: onProbation},
			{from: elsewhere, ssrc: 1, seq: 5, want: onProbation}, {from: otherPort, ssrc: 2, seq: 6, want: onProbation},
		},
		"once known no other source comes in": join(first, []arrival{
			{from: elsewhere, ssrc: 1, seq: 11, authenticated: true, want: notAdmitted},
			{from: otherPort, ssrc: 1, seq: 11, want: notAdmitted},
			{at: time.Minute, from: elsewhere, ssrc: 1, seq: 12, want: notAdmitted}}),
		"after the window only the SDP's source comes in": {
			{from: elsewhere, ssrc: 1, seq: 1, want: onProbation},
			{at: learnWindow, from: elsewhere, ssrc: 1, seq: 2, want: onProbation},
			{at: learnWindow + 1, from: elsewhere, ssrc: 1, seq: 3, want: notAdmitted},
			{at: time.Minute, from: told, ssrc: 5, seq: 3, want: newStream},
		},
		"another stream does not break in": join(first, run(2*probation, 0, told, 2, foreignStream, foreignStream)),
		"another stream follows one that fell silent": join(first,
			run(probation, silent, told, 2, onProbation, newStream)),
		"another stream does not follow early": join(first, run(probation, silent-ms, told, 2, foreignStream, foreignStream)),
	} {
		t.Run(name, func(t *testing.T) {
			s := &source{learning: LearnAny, window: learnWindow, expected: told}
			for i, a := range arrivals {
				if got := a.at0(s); got != a.want {
					t.Fatalf("packet %d (%v, SSRC %d): verdict %d, want %d", i, a.from, a.ssrc, got, a.want)
				}
			}
		})
	}
}

func TestNewTermsOpenTheWindowUnlessThePeerStays(t *testing.T) {
	for name, c := range map[string]struct {
		remote netip.AddrPort
		after  time.Duration
		kept   bool
	}{
		"the peer was just heard and stays": {told, time.Second, true},
		"the peer has been silent":          {told, learnWindow, false},
		"the peer moves":                    {elsewhere, time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Unix(1000, 0)
			s := &source{learning: LearnAny, window: learnWindow, expected: told}
			s.judge(told, 1, 1, start, false)
			s.expect(c.remote, start.Add(c.after))
			if s.locked.IsValid() != c.kept {
				t.Fatalf("the source is known: %v, want %v", s.locked.IsValid(), c.kept)
			}
			if s.target() != c.remote {
				t.Errorf("we send to %v, want %v", s.target(), c.remote)
			}
			if s.learning != LearnAny || s.window != learnWindow {
				t.Error("the rules of learning were lost")
			}
		})
	}
}

// stranger is a socket that belongs to no call.
type stranger struct {
	Conn
	t *testing.T
}

func newStranger(t *testing.T) stranger {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: loopback.AsSlice()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return stranger{conn, t}
}

// say sends n packets of loud sound in sequence to a party and waits until they were dealt with.
func (s stranger) say(to *party, n int, ssrc uint32) {
	s.t.Helper()
	read := to.rtp.reads.Load() - 1
	for i := range n {
		p := rtp.Packet{
			Header:  rtp.Header{Version: 2, PayloadType: 8, SSRC: ssrc, SequenceNumber: uint16(i), Timestamp: uint32(160 * i)},
			Payload: make([]byte, 160),
		}
		s.send(to, &p)
	}
	to.rtp.done(s.t, read+int64(n))
	to.rtp.reads.Add(-int64(n)) // they are none of the call's
}

func (s stranger) send(to *party, p *rtp.Packet) {
	s.t.Helper()
	b, err := p.Marshal()
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.WriteToUDPAddrPort(b, to.address); err != nil {
		s.t.Fatal(err)
	}
}

func TestAStrangerChangesNothingInACall(t *testing.T) {
	c := newCall(t, func(a, _ *Config) { a.Learning = LearnAny })
	c.pass(200 * time.Millisecond)
	newStranger(t).say(c.a, 100, 0xbad)
	c.pass(time.Second)
	c.wantBothHear()
	got := c.a.Stats()
	if got.Discarded.ForeignSource != 100 || got.Remote != c.b.address || got.Lost != 0 || got.Received.Packets != 60 {
		t.Errorf("%d foreign packets, the peer is %v, %d lost, %d received; want 100, %v, 0, 60",
			got.Discarded.ForeignSource, got.Remote, got.Lost, got.Received.Packets, c.b.address)
	}
}

func TestAForeignStreamFromThePeerChangesNothing(t *testing.T) {
	c := newCall(t, nil)
	c.pass(200 * time.Millisecond)
	inside := stranger{c.b.pair.RTP, t} // shares the peer's socket
	inside.say(c.a, 100, 0xbad)
	c.pass(time.Second)
	c.wantBothHear()
	if got := c.a.Stats(); got.Discarded.ForeignStream != 100 || got.Lost != 0 || got.Received.Packets != 60 {
		t.Errorf("%d packets of a foreign stream, %d lost, %d received; want 100, 0, 60",
			got.Discarded.ForeignStream, got.Lost, got.Received.Packets)
	}
}
