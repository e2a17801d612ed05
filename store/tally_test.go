package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
)

func TestTallySumsUpACall(t *testing.T) {
	var twenty []hotline.EventBody
	for ms := 2000; ms >= 100; ms -= 100 {
		twenty = append(twenty, hotline.TurnTraced{FirstSentMS: ms})
	}
	for name, c := range map[string]struct {
		events []hotline.EventBody
		want   CDR
	}{
		"nothing but the end": {
			[]hotline.EventBody{hotline.Ended{By: "caller", Reason: "bye"}},
			CDR{HangUpBy: "caller", Reason: "bye"},
		},
		"no end": {nil, CDR{HangUpBy: "system", Reason: "broken off"}},
		"turns": {
			[]hotline.EventBody{
				hotline.Heard{Turn: 1, Text: "社保"}, hotline.Heard{Rejected: "noise"},
				hotline.Heard{Turn: 2, Text: "社保怎么办", Replaces: 1}, hotline.Heard{Turn: 3, Text: "谢谢"}, hotline.Ended{By: "system"},
			},
			CDR{HangUpBy: "system", Turns: 2},
		},
		"one latency": {
			[]hotline.EventBody{hotline.TurnTraced{FirstSentMS: 700}, hotline.TurnTraced{EndpointMS: 600}, hotline.Ended{By: "network"}},
			CDR{HangUpBy: "network", LatencyP50MS: 700, LatencyP95MS: 700},
		},
		"twenty latencies": {
			append(twenty, hotline.Ended{By: "caller"}),
			CDR{HangUpBy: "caller", LatencyP50MS: 1000, LatencyP95MS: 1900},
		},
	} {
		var tally Tally
		for _, body := range c.events {
			tally.Add(body)
		}
		var got CDR
		tally.Fill(&got)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
