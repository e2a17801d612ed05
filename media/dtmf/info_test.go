package dtmf_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/media/dtmf"
)

func TestInfoBodiesGiveKeys(t *testing.T) {
	ms := time.Millisecond
	tests := map[string]struct {
		contentType, body string
		key               dtmf.Key
		duration          time.Duration
	}{
		"relay":               {"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", '5', 160 * ms},
		"spaces and bare LF":  {"application/dtmf-relay", "Signal= 8 \nDuration= 250\n", '8', 250 * ms},
		"no duration":         {"application/dtmf-relay", "Signal=#", '#', 0},
		"other case":          {"Application/DTMF-Relay; charset=utf-8", "signal=a\r\nDURATION=100", 'A', 100 * ms},
		"star as event code":  {"application/dtmf-relay", "Signal=10\r\nDuration=100", '*', 100 * ms},
		"flash as event code": {"application/dtmf-relay", "Signal=16\r\n", dtmf.Flash, 0},
		"plain":               {"application/dtmf", "7", '7', 0},
		"plain with line end": {"application/dtmf", "*\r\n", '*', 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := dtmf.ParseInfo(tt.contentType, []byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			want := dtmf.Event{Key: tt.key, Source: dtmf.SourceInfo, Duration: tt.duration}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInfoBodiesWithoutAKeyAreRefused(t *testing.T) {
	tests := map[string][2]string{
		"another type":      {"application/sdp", "5"},
		"no type":           {"", "5"},
		"empty":             {"application/dtmf", ""},
		"two keys":          {"application/dtmf", "5x"},
		"no signal":         {"application/dtmf-relay", "Duration=100"},
		"unknown signal":    {"application/dtmf-relay", "Signal=17"},
		"negative duration": {"application/dtmf-relay", "Signal=5\r\nDuration=-1"},
		"endless":           {"application/dtmf", strings.Repeat(" ", 1000) + "5"},
	}
	for name, tt := range tests {
		if e, err := dtmf.ParseInfo(tt[0], []byte(tt[1])); err == nil {
			t.Errorf("%s: gave %+v", name, e)
		}
	}
}

func FuzzParseInfo(f *testing.F) {
	f.Add("application/dtmf-relay", []byte("Signal=5\r\nDuration=160\r\n"))
	f.Add("application/dtmf", []byte("#"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		e, err := dtmf.ParseInfo(contentType, body)
		if err != nil {
			return
		}
		again, err := dtmf.ParseInfo(infoOf(e))
		if err != nil || again != e {
			t.Fatalf("%+v came back as %+v, error %v", e, again, err)
		}
	})
}

func infoOf(e dtmf.Event) (string, []byte) { return dtmf.Info(e.Key, e.Duration) }

func TestParseKeys(t *testing.T) {
	got, err := dtmf.ParseKeys("12 3-*#a")
	if err != nil || string(keyBytes(got)) != "123*#A" {
		t.Errorf("keys %q, error %v", keyBytes(got), err)
	}
	for _, bad := range []string{"12e", "１", "+86"} {
		if _, err := dtmf.ParseKeys(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func keyBytes(keys []dtmf.Key) []byte {
	var b []byte
	for _, k := range keys {
		b = append(b, byte(k))
	}
	return b
}

func TestMergerCountsAPressOnce(t *testing.T) {
	type arrival struct {
		ms     int
		key    dtmf.Key
		source dtmf.Source
	}
	tests := map[string]struct {
		arrivals []arrival
		want     string
	}{
		"event, then INFO": {[]arrival{{0, '5', dtmf.SourceRTP}, {100, '5', dtmf.SourceInfo}}, "5"},
		"INFO, then event": {[]arrival{{0, '5', dtmf.SourceInfo}, {100, '5', dtmf.SourceRTP}}, "5"},
		"tone first, then both of the others": {[]arrival{
			{0, '5', dtmf.SourceInBand}, {50, '5', dtmf.SourceInfo}, {100, '5', dtmf.SourceRTP}, {150, '5', dtmf.SourceInBand},
		}, "5"},
		"a quick double press on two ways": {[]arrival{
			{0, '5', dtmf.SourceInfo}, {50, '5', dtmf.SourceRTP}, {200, '5', dtmf.SourceRTP}, {250, '5', dtmf.SourceInfo},
		}, "55"},
		"a quick double press on one way":   {[]arrival{{0, '1', dtmf.SourceRTP}, {120, '1', dtmf.SourceRTP}}, "11"},
		"once events came, INFO is ignored": {[]arrival{{0, '1', dtmf.SourceRTP}, {5000, '2', dtmf.SourceInfo}}, "1"},
		"a false tone does not stop events": {[]arrival{{0, 'D', dtmf.SourceInBand}, {900, '1', dtmf.SourceRTP}, {1800, 'D', dtmf.SourceInBand}}, "D1"},
		"only INFO":                         {[]arrival{{0, '1', dtmf.SourceInfo}, {100, '1', dtmf.SourceInfo}, {200, '2', dtmf.SourceInfo}}, "112"},
		"the other way comes too late":      {[]arrival{{0, '1', dtmf.SourceInfo}, {400, '1', dtmf.SourceRTP}}, "11"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var m dtmf.Merger
			got := ""
			for _, a := range tt.arrivals {
				if m.Accept(dtmf.Event{Key: a.key, Source: a.source, At: noon.Add(time.Duration(a.ms) * time.Millisecond)}) {
					got += a.key.String()
				}
			}
			if got != tt.want {
				t.Errorf("keys %q, want %q", got, tt.want)
			}
		})
	}
}
