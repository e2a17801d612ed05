package main

import (
	"log/slog"
	"testing"
	"time"
)

// TestAConferenceStaysWhole has three people hum to one another, one of them by a clock that is far from true. On a
// machine that stalls ticks come late, the sound is rightly delayed and cut by that, and only what everybody hears is judged
// here; what a wrong clock does without stalls is tested in time of its own by media/rtp.
func TestAConferenceStaysWhole(t *testing.T) {
	const talk, ppm = 12 * time.Second, 4000
	r := testRig(t, rigConfig{SIP: conferenceSIP()})
	got, err := holdConference(t.Context(), r, slog.New(slog.DiscardHandler), talk, ppm)
	if err != nil {
		t.Fatalf("%v\n%s", err, r.log.String())
	}
	stalled := false
	for _, l := range got.Listeners {
		stalled = stalled || l.Lost+l.Late > 0
		for _, d := range l.Hears {
			if d.Turns < 12 { // of 24; Opus drowns some
				t.Errorf("%s hears %d turns of %s", l.Name, d.Turns, d.Who)
			}
		}
	}
	if got.Clicks+got.Recording.Clicks > 0 && !stalled {
		t.Errorf("%d clicks, %d in the recording", got.Clicks, got.Recording.Clicks)
	}
	// The voice of the wrong clock moves by a tick; uncorrected it would be 48 ms.
	allowed := float64(conferenceDrift + 5)
	if stalled {
		allowed = 150
	}
	if got.Drift > allowed || got.Recording.Apart > allowed {
		t.Errorf("drift %.1f ms, channels apart %.1f ms", got.Drift, got.Recording.Apart)
	}
	if t.Failed() {
		t.Logf("%+v", got)
	}
}
