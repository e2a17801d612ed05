package vad

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEdges draws each stream as one character a window: # is speech, - silence, ~ between the
// two thresholds. MinSpeech is two windows and MinSilence three.
func TestEdges(t *testing.T) {
	edge := func(kind Kind, window int64) Edge { return Edge{kind, window * WindowSize} }
	cases := []struct {
		name, stream string
		want         []Edge
	}{
		{"a word", "--####----", []Edge{edge(SpeechStart, 2), edge(SpeechEnd, 6)}},
		{"a click is too short", "--#----", nil},
		{"two clicks do not add up", "#-#-#-", nil},
		{"a faint middle still counts", "-#~#---", []Edge{edge(SpeechStart, 1), edge(SpeechEnd, 4)}},
		{"faint sound alone does not start", "~~~~~~", nil},
		{"faint sound does not end", "##~~~~~~", []Edge{edge(SpeechStart, 0)}},
		{"a pause shorter than the limit", "###--###---", []Edge{edge(SpeechStart, 0), edge(SpeechEnd, 8)}},
		{"faint sound does not break a pause", "###-~-#", []Edge{edge(SpeechStart, 0), edge(SpeechEnd, 3)}},
		{"speech again after an end", "##---##", []Edge{edge(SpeechStart, 0), edge(SpeechEnd, 2), edge(SpeechStart, 5)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, err := NewSegmenter(Options{MinSpeech: 64 * time.Millisecond, MinSilence: 96 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			var got []Edge
			for _, mark := range c.stream {
				if e, ok := s.Push(map[rune]float32{'#': 0.9, '~': 0.4, '-': 0.1}[mark]); ok {
					got = append(got, e)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if want := int64(len(c.stream) * WindowSize); s.Now() != want {
				t.Errorf("Now is %d, want %d", s.Now(), want)
			}
		})
	}
}

func TestPauseCountsTheSilenceInsideSpeech(t *testing.T) {
	s, err := NewSegmenter(Options{MinSilence: 160 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, p := range []float32{0.1, 0.9, 0.9, 0.1, 0.1, 0.9, 0.1, 0.4, 0.1, 0.1, 0.1, 0.1} {
		s.Push(p)
		got = append(got, s.Pause()/WindowSize)
	}
	want := []int64{0, 0, 0, 1, 2, 0, 1, 2, 3, 4, 0, 0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pause in windows (-want +got):\n%s", diff)
	}
}

func TestSegmentsOfTheScene(t *testing.T) {
	s, err := NewSegmenter(Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []Edge
	for _, p := range mustLoad(t).NewStream().Append(nil, scene()) {
		if e, ok := s.Push(p); ok {
			got = append(got, e)
		}
	}
	want := []Edge{{SpeechStart, Rate / 2}, {SpeechEnd, Rate * 17 / 10}, {SpeechStart, Rate * 32 / 10}, {SpeechEnd, Rate * 44 / 10}}
	within := cmp.Comparer(func(a, b int64) bool { return max(a-b, b-a) <= Rate/10 })
	if diff := cmp.Diff(want, got, within); diff != "" {
		t.Errorf("edges more than 100 ms off (-want +got):\n%s", diff)
	}
}

func TestSegmenterResetReturnsToSilence(t *testing.T) {
	s, err := NewSegmenter(Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Push(1)
	s.Push(1)
	s.Reset()
	if s.Speaking() || s.Now() != 0 {
		t.Error("the stream goes on after Reset")
	}
	s.Push(1)
	if e, ok := s.Push(1); !ok || e != (Edge{SpeechStart, 0}) {
		t.Errorf("got %v, %v, want a start at 0", e, ok)
	}
}

func TestOptionsOutOfRangeAreNamed(t *testing.T) {
	for want, o := range map[string]Options{
		"Start":      {Start: 1.5},
		"Exit":       {Start: 0.4, Exit: 0.5},
		"MinSpeech":  {MinSpeech: -time.Second},
		"MinSilence": {MinSilence: time.Minute},
	} {
		if _, err := NewSegmenter(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want an error naming %s", o, err, want)
		}
	}
}

// FuzzSegmenter checks that edges alternate, never go back in time and lie in the past.
func FuzzSegmenter(f *testing.F) {
	f.Add([]byte("0199999901020099999"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		s, err := NewSegmenter(Options{})
		if err != nil {
			t.Fatal(err)
		}
		last := Edge{Kind: SpeechEnd, At: -1}
		for _, b := range stream {
			e, ok := s.Push(float32(b) / 255)
			if !ok {
				continue
			}
			if e.Kind == last.Kind || e.At <= last.At || e.At >= s.Now() {
				t.Fatalf("%v at %d after %v", e, s.Now(), last)
			}
			last = e
		}
	})
}
