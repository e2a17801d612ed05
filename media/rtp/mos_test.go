package rtp

import (
	"math"
	"testing"
	"time"
)

func TestMOSAgreesWithTheEModel(t *testing.T) {
	for _, c := range []struct {
		name  string
		codec string
		lost  float64
		delay time.Duration
		want  float64
	}{
		// Worked by hand from R = 93.2 - Id - Ie,eff and ITU-T G.107 annex B.
		{"R 93.2 of a perfect line is 4.41", "PCMA", 0, 0, 4.41},
		{"100 ms cost 2.4: R 90.8", "PCMA", 0, 100 * time.Millisecond, 4.355},
		{"400 ms cost 9.6 and 24.5: R 59.1", "PCMA", 0, 400 * time.Millisecond, 3.053},
		{"5 % lost of G.711 cost 15.78: R 77.4", "PCMA", 0.05, 0, 3.926},
		{"5 % lost of Opus cost 13.57: R 79.6", "OPUS", 0.05, 0, 4.006},
		{"everything lost is R 17.26", "PCMU", 1, 0, 1.177},
		{"an hour of delay is 1", "G722", 0, time.Hour, 1},
		{"less than nothing lost is nothing lost", "PCMA", -3, -time.Second, 4.41},
		{"more than all lost is all lost", "PCMU", 9, 0, 1.177},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := MOS(c.codec, c.lost, c.delay); math.Abs(got-c.want) > 0.01 {
				t.Errorf("MOS = %.3f, want %.3f", got, c.want)
			}
		})
	}
}

func TestMOSNeverRisesWithLossOrDelay(t *testing.T) {
	for _, codec := range []string{"PCMA", "opus"} {
		for loss := 0.0; loss <= 1; loss += 0.02 {
			for delay := time.Duration(0); delay <= 2*time.Second; delay += 20 * time.Millisecond {
				here := MOS(codec, loss, delay)
				if more := MOS(codec, loss+0.02, delay); more > here {
					t.Fatalf("%s: %.4f at %.2f lost, %v, but %.4f with more loss", codec, here, loss, delay, more)
				}
				if more := MOS(codec, loss, delay+20*time.Millisecond); more > here {
					t.Fatalf("%s: %.4f at %.2f lost, %v, but %.4f with more delay", codec, here, loss, delay, more)
				}
				if here < 1 || here > 4.5 {
					t.Fatalf("MOS %.3f is not within 1…4.5", here)
				}
			}
		}
	}
}
