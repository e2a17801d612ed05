package rtp

import (
	"math"
	"testing"
	"time"
)

func TestTheStatsOfAQuietCallAreWhatWasSent(t *testing.T) {
	c := newCall(t, nil)
	c.pass(20 * time.Second)
	a, b := c.a.Stats(), c.b.Stats()
	want := Count{Packets: 1000, Bytes: 160_000}
	if a.Sent != want || b.Received != want || b.Sent != want || a.Received != want {
		t.Errorf("a sent %+v of which %+v came, b sent %+v of which %+v came; want %+v", a.Sent, b.Received, b.Sent, a.Received, want)
	}
	if a.Expected != 1000 || a.Lost != 0 || a.Late+a.Duplicated+a.Reordered != 0 || a.Discarded != (Discards{}) {
		t.Errorf("a expected %d, lost %d, late %d, twice %d, out of order %d, dropped %+v; want 1000 and nothing else",
			a.Expected, a.Lost, a.Late, a.Duplicated, a.Reordered, a.Discarded)
	}
	if a.Jitter != 0 || a.RemoteLost != 0 || a.RemoteJitter != 0 || a.RoundTrip > time.Millisecond {
		t.Errorf("jitter %v, the peer's %v, its loss %v, round trip %v; want none", a.Jitter, a.RemoteJitter, a.RemoteLost, a.RoundTrip)
	}
	if a.MOS < 4.2 || a.MOS > 4.5 {
		t.Errorf("the MOS is %.2f, want that of clear PCMA", a.MOS)
	}
}

func TestBothEndsKnowWhatWasLost(t *testing.T) {
	c := newCall(t, func(a, _ *Config) {
		n := 0
		a.RTP.(*countingConn).loses = func() bool { n++; return n%10 == 5 }
	})
	c.pass(20 * time.Second)
	a, b := c.a.Stats(), c.b.Stats()
	if b.Expected != 1000 || b.Lost != 100 || b.Received.Packets != 900 {
		t.Errorf("b expected %d, lost %d, received %d; want 1000, 100, 900", b.Expected, b.Lost, b.Received.Packets)
	}
	if math.Abs(a.RemoteLost-0.1) > 0.02 {
		t.Errorf("a was told of a loss of %.3f, want 0.1", a.RemoteLost)
	}
	if b.Concealed < 1900*time.Millisecond || b.Concealed > 2100*time.Millisecond {
		t.Errorf("%v were concealed, want 2s", b.Concealed)
	}
	if b.MOS >= a.MOS || b.MOS < 1 {
		t.Errorf("the MOS with loss is %.2f, without %.2f", b.MOS, a.MOS)
	}
}

func TestTheMOSIsUnknownBeforeAnythingCame(t *testing.T) {
	c := newCall(t, nil)
	if got := c.a.Stats(); got.MOS != 0 || got.Remote.IsValid() {
		t.Errorf("the MOS is %.2f, the peer %v; want 0 and none", got.MOS, got.Remote)
	}
}
