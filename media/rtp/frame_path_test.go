package rtp

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/g711"
)

// framePath is a session that gets a packet, plays a tick and sends a tick in each step.
type framePath struct {
	session  *Session
	datagram []byte
	pcm      []int16
	step     int64
	lossy    bool // every tenth packet is lost
}

func newFramePath(t testing.TB, lossy bool) *framePath {
	t.Helper()
	terms := testTerms()
	decoder, err := g711.NewDecoder(g711.ALaw)
	if err != nil {
		t.Fatal(err)
	}
	terms.Encoder, terms.Decoder = g711.NewEncoder(g711.ALaw), decoder
	return &framePath{
		session:  newTestSession(t, newWire(), terms, nil),
		datagram: datagramOf(t, 7, 0, 0, 8, string(make([]byte, 160))),
		pcm:      make([]int16, 160),
		lossy:    lossy,
	}
}

func (f *framePath) receive() {
	now := beginning.Add(time.Duration(f.step) * media.Tick)
	if !f.lossy || f.step%10 != 9 {
		binary.BigEndian.PutUint16(f.datagram[2:], uint16(f.step))
		binary.BigEndian.PutUint32(f.datagram[4:], uint32(f.step*160))
		f.session.in.datagram(f.datagram, peerAddress, now, false)
	}
	f.session.in.tick(now, true)
	f.step++
}

func (f *framePath) send() {
	f.session.out.tick(f.step, false, f.pcm, peerAddress)
	f.step++
}

func TestTheFramePathAllocatesNothing(t *testing.T) {
	for _, c := range []struct {
		name  string
		lossy bool
		step  func(*framePath)
	}{
		{"receiving every packet", false, (*framePath).receive},
		{"receiving nine packets of ten", true, (*framePath).receive},
		{"sending", false, (*framePath).send},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFramePath(t, c.lossy)
			for range 200 {
				c.step(f)
			}
			if n := testing.AllocsPerRun(1000, func() { c.step(f) }); n != 0 {
				t.Errorf("%v allocations in each step", n)
			}
			stats := f.session.Stats()
			if heard, sent := stats.Received.Packets, stats.Sent.Packets; heard+sent < 1000 {
				t.Errorf("only %d packets heard and %d sent", heard, sent)
			}
			if (stats.Concealed > 0) != c.lossy {
				t.Errorf("concealed %v", stats.Concealed)
			}
		})
	}
}

func BenchmarkReceive(b *testing.B) {
	f := newFramePath(b, false)
	b.ReportAllocs()
	for b.Loop() {
		f.receive()
	}
}

func BenchmarkReceiveWithLoss(b *testing.B) {
	f := newFramePath(b, true)
	b.ReportAllocs()
	for b.Loop() {
		f.receive()
	}
}

func BenchmarkSend(b *testing.B) {
	f := newFramePath(b, false)
	b.ReportAllocs()
	for b.Loop() {
		f.send()
	}
}
