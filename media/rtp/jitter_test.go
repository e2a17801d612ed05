package rtp

import (
	"bytes"
	"math"
	"testing"
	"time"
)

// newBuffer returns a jitter buffer with the default delays for 8 kHz.
func newBuffer(t testing.TB) *jitterBuffer {
	t.Helper()
	cfg, err := JitterConfig{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	j := &jitterBuffer{cfg: cfg}
	j.reset(8000)
	return j
}

func TestJitterConfigIsCompletedAndChecked(t *testing.T) {
	for _, c := range []struct {
		name     string
		cfg      JitterConfig
		want     JitterConfig
		rejected bool
	}{
		{"nothing given", JitterConfig{}, JitterConfig{40 * ms, 20 * ms, 200 * ms}, false},
		{"a small maximum bounds the others", JitterConfig{Max: 10 * ms}, JitterConfig{10 * ms, 10 * ms, 10 * ms}, false},
		{"a large minimum lifts the start", JitterConfig{Min: 100 * ms}, JitterConfig{100 * ms, 100 * ms, 200 * ms}, false},
		{"the largest maximum", JitterConfig{Max: 400 * ms}, JitterConfig{40 * ms, 20 * ms, 400 * ms}, false},
		{"a maximum too large", JitterConfig{Max: 401 * ms}, JitterConfig{}, true},
		{"a start below the minimum", JitterConfig{Start: 10 * ms}, JitterConfig{}, true},
		{"a start above the maximum", JitterConfig{Start: 300 * ms}, JitterConfig{}, true},
		{"a negative minimum", JitterConfig{Min: -1}, JitterConfig{}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.cfg.withDefaults()
			if (err != nil) != c.rejected {
				t.Fatalf("error %v", err)
			}
			if err == nil && got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestBufferPutsPacketsInOrder(t *testing.T) {
	for _, c := range []struct {
		name  string
		seqs  []int64
		fates []fate
		want  []byte
	}{
		{"in order", []int64{100, 101, 102}, []fate{kept, kept, kept}, []byte{100, 101, 102}},
		{"swapped", []int64{100, 102, 101}, []fate{kept, kept, kept}, []byte{100, 101, 102}},
		{"the first one overtaken", []int64{101, 102, 100}, []fate{kept, kept, kept}, []byte{100, 101, 102}},
		{"backwards", []int64{103, 102, 101, 100}, []fate{kept, kept, kept, kept}, []byte{100, 101, 102, 103}},
		{"twice the same", []int64{100, 100, 101, 100}, []fate{kept, duplicate, kept, duplicate}, []byte{100, 101}},
		{"further back than the buffer reaches", []int64{100, 67}, []fate{kept, late}, []byte{100}},
		{"as far back as it reaches", []int64{100, 68}, []fate{kept, kept}, []byte{68, 100}},
		{"so far ahead that the oldest leave", []int64{100, 101, 164}, []fate{kept, kept, kept}, []byte{101, 164}},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := newBuffer(t)
			for i, seq := range c.seqs {
				// The timestamps wrap between packets 100 and 101.
				timestamp := uint32(math.MaxUint32-100) + uint32(seq-100)*160
				if got := j.insert(seq, timestamp, []byte{byte(seq)}, 0); got != c.fates[i] {
					t.Errorf("packet %d: fate %d, want %d", seq, got, c.fates[i])
				}
			}
			if got := j.waiting(); got != len(c.want) {
				t.Errorf("%d packets wait, want %d", got, len(c.want))
			}
			var got []byte
			var before int64
			for s := j.head(); s != nil; s = j.head() {
				if len(got) > 0 && s.time-before != 160*(s.seq-int64(got[len(got)-1])) {
					t.Errorf("packet %d: time %d after %d", s.seq, s.time, before)
				}
				before = s.time
				got = append(got, s.payload[0])
				j.take(s)
			}
			if !bytes.Equal(got, c.want) {
				t.Errorf("took %v, want %v", got, c.want)
			}
			if j.waiting() != 0 {
				t.Errorf("%d packets wait after all were taken", j.waiting())
			}
		})
	}
}

func TestAPacketPlayedIsStillKnownAsADuplicate(t *testing.T) {
	j := newBuffer(t)
	j.insert(100, 0, []byte{1}, 0)
	j.take(j.head())
	if got := j.insert(100, 0, []byte{1}, 0); got != duplicate {
		t.Errorf("fate %d, want duplicate", got)
	}
}

func TestTheBufferKeepsItsOwnCopy(t *testing.T) {
	j := newBuffer(t)
	b := []byte{1}
	j.insert(100, 0, b, 0)
	b[0] = 2
	if got := j.head().payload[0]; got != 1 {
		t.Errorf("payload %d, want 1", got)
	}
}

func TestTheFirstPacketWaitsForTheStartDelay(t *testing.T) {
	j := newBuffer(t)
	if j.ready(time.Hour) {
		t.Error("ready without a packet")
	}
	j.insert(100, 0, nil, time.Second)
	if j.ready(time.Second + 39*ms) {
		t.Error("ready after 39 ms of 40")
	}
	if !j.ready(time.Second + 40*ms) {
		t.Error("not ready after 40 ms")
	}
}

func TestFiveLatePacketsInARowBeginTheStreamAnew(t *testing.T) {
	j := newBuffer(t)
	j.insert(100, 16000, nil, 0)
	if !j.ready(40 * ms) {
		t.Fatal("not ready")
	}
	for i := range int64(lateRun) {
		want := late
		if i == lateRun-1 {
			want = kept
		}
		if got := j.insert(101+i, uint32(160*i), nil, time.Second); got != want {
			t.Errorf("packet %d from before: fate %d, want %d", i, got, want)
		}
	}
	if j.playing || j.waiting() != 1 {
		t.Errorf("playing %v with %d packets; want a new beginning with one", j.playing, j.waiting())
	}
}

func TestAPacketInTimeEndsARunOfLateOnes(t *testing.T) {
	j := newBuffer(t)
	j.insert(100, 16000, nil, 0)
	j.ready(40 * ms)
	for i := range int64(10) {
		if got := j.insert(101+2*i, 0, nil, 0); got != late {
			t.Fatalf("late packet: fate %d", got)
		}
		if got := j.insert(102+2*i, 16160, nil, 0); got != kept {
			t.Fatalf("packet in time: fate %d", got)
		}
	}
}

// follow feeds packets that are held up by a delay each, ticks beside them and returns the target
// after each packet.
func (j *jitterBuffer) follow(from int, held []time.Duration) (targets []time.Duration) {
	for i, h := range held {
		n := from + i
		j.insert(int64(1000+n), uint32(n*160), nil, time.Duration(n)*20*ms+h)
		j.retarget()
		targets = append(targets, j.target)
	}
	return targets
}

func TestTheTargetRisesAtOnceAndFallsSlowlyWithinItsBounds(t *testing.T) {
	for _, c := range []struct {
		name string
		held time.Duration // every other packet
		high time.Duration
	}{
		{"jitter of 60 ms", 60 * ms, 64 * ms},
		{"jitter of 120 ms", 120 * ms, 124 * ms},
		{"jitter beyond the maximum", 390 * ms, 200 * ms},
		{"jitter below the minimum", 5 * ms, 20 * ms},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := newBuffer(t)
			uneven := make([]time.Duration, 200)
			for i := range uneven {
				uneven[i] = time.Duration(i%2) * c.held
			}
			rising := j.follow(0, uneven)
			if rising[1] < c.high {
				t.Errorf("target %v after the first late packet, want %v", rising[1], c.high)
			}
			if got := rising[len(rising)-1]; got != c.high {
				t.Errorf("target %v in jitter, want %v", got, c.high)
			}
			falling := j.follow(len(uneven), make([]time.Duration, 900))
			for i, target := range falling {
				if i > 0 && falling[i-1]-target > targetFall {
					t.Fatalf("target falls from %v to %v in a tick", falling[i-1], target)
				}
				if target < j.cfg.Min || target > j.cfg.Max {
					t.Fatalf("target %v out of bounds", target)
				}
			}
			if got := falling[len(falling)-1]; got != j.cfg.Min {
				t.Errorf("target %v long after, want %v", got, j.cfg.Min)
			}
		})
	}
}

// A peer may send any timestamps. Numbers that leap by half their range add up to an overflow
// within minutes of ordinary traffic when nothing bounds them.
func TestTimestampsThatLeapForeverDoNoHarm(t *testing.T) {
	for _, c := range []struct {
		name  string
		clock int
		leap  uint32
	}{
		{"forwards at 8 kHz", 8000, math.MaxInt32},
		{"backwards at 8 kHz", 8000, 1 << 31},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := newBuffer(t)
			j.reset(c.clock)
			var timestamp uint32
			for i := range int64(40_000) {
				timestamp += c.leap
				j.insert(1000+i, timestamp, nil, 0)
				if spread := j.delays.spread; spread < 0 || spread > delayBuckets*delayBucket {
					t.Fatalf("spread %v after %d packets", spread, i)
				}
			}
		})
	}
}
