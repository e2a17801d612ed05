package rtp

import (
	"testing"
	"time"
)

func TestSpreadIsWhatNinetyFiveOfAHundredPacketsNeed(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name     string
		outliers int // of delayCount packets
		delay    time.Duration
		want     time.Duration
	}{
		{"an even stream needs one bucket", 0, 0, 4 * ms},
		{"twelve stragglers of 256 are left out", 12, 100 * ms, 4 * ms},
		{"thirteen stragglers of 256 count", 13, 100 * ms, 104 * ms},
		{"half a bucket more needs the same bucket", 128, 102 * ms, 104 * ms},
		{"the last bucket holds whatever is longer", 128, time.Hour, 256 * ms},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d delays
			for i := range delayCount {
				transit := -7 * time.Hour // an origin far away changes nothing
				if i < c.outliers {
					transit += c.delay
				}
				d.add(transit)
			}
			d.measure()
			if d.spread != c.want || d.least != -7*time.Hour {
				t.Errorf("spread %v, least %v; want %v, -7h", d.spread, d.least, c.want)
			}
		})
	}
}

func TestSpreadGrowsWithTheVeryPacketThatIsLater(t *testing.T) {
	var d delays
	for range 10 {
		d.add(0)
	}
	d.add(50 * time.Millisecond)
	if want := 52 * time.Millisecond; d.spread != want {
		t.Errorf("spread %v, want %v", d.spread, want)
	}
}

func TestDelaysForgetPacketsOlderThanTheRing(t *testing.T) {
	var d delays
	d.add(-30 * time.Millisecond)
	for range delayCount - 1 {
		d.add(0)
	}
	if d.least != -30*time.Millisecond {
		t.Errorf("least %v while the fast packet is in the ring", d.least)
	}
	for range measureEvery {
		d.add(0)
	}
	if d.least != 0 || d.spread != delayBucket {
		t.Errorf("least %v, spread %v after it left; want 0, %v", d.least, d.spread, delayBucket)
	}
	d.reset()
	if d != (delays{}) {
		t.Error("reset keeps something")
	}
}
