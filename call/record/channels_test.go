package record

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/mix"
)

// sides is the n-th tick of so many channels.
func sides(n, channels int) [][]int16 {
	var all [][]int16
	for c := range channels {
		all = append(all, tickSound(n, int16(c)))
	}
	return all
}

// talk gives ticks from…to of every channel in their own time.
func talk(r *Recorder, from, to int) {
	for n := from; n < to; n++ {
		r.TickAll(sides(n, len(r.ring.channels)))
		time.Sleep(media.Tick)
	}
}

func setOthers(t *testing.T, r *Recorder, names ...string) {
	t.Helper()
	if err := r.SetOthers(names...); err != nil {
		t.Fatal(err)
	}
}

// handedOver records 430 ticks: an agent joins at 65, somebody is consulted from 130 to 200, the
// agent leaves at 395. A segment holds at most 200 ticks.
func handedOver(t *testing.T, root string) (r *Recorder, stop func()) {
	r = newRecorder(t, Config{Root: root, Segment: 4 * time.Second})
	stop = run(t, r)
	talk(r, 0, 65)
	setOthers(t, r, "agent:li")
	setOthers(t, r, "agent:li") // the same again is nothing
	talk(r, 65, 130)
	setOthers(t, r, "agent:li", "consulted:wang")
	talk(r, 130, 200)
	setOthers(t, r, "agent:li")
	talk(r, 200, 395)
	setOthers(t, r)
	talk(r, 395, 430)
	return r, stop
}

func TestEveryPartyHasAChannelFromTheTickItJoins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, stop := handedOver(t, t.TempDir())
		stop()
		m, err := ReadManifest(r.Dir())
		if err != nil {
			t.Fatal(err)
		}
		const tick = testRate / 50
		li, wang := []string{Caller, Hotline, "agent:li"}, []string{Caller, Hotline, "agent:li", "consulted:wang"}
		want := []Segment{
			{File: "0001.wav", Start: 0, Samples: 65 * tick, Channels: both},
			{File: "0002.wav", Start: 65 * tick, Samples: 65 * tick, Channels: li},
			{File: "0003.wav", Start: 130 * tick, Samples: 70 * tick, Channels: wang},
			{File: "0004.wav", Start: 200 * tick, Samples: 195 * tick, Channels: li},
			{File: "0005.wav", Start: 395 * tick, Samples: 35 * tick, Channels: both},
		}
		if diff := cmp.Diff(want, m.Segments, cmpopts.IgnoreFields(Segment{}, "SHA256")); diff != "" {
			t.Errorf("segments (-want +got):\n%s", diff)
		}
		for _, s := range m.Segments {
			if hash, err := hashFile(filepath.Join(r.Dir(), s.File)); err != nil || hash != s.SHA256 {
				t.Errorf("%s: hash %s, %v; the manifest says %s", s.File, hash, err, s.SHA256)
			}
		}
		if diff := cmp.Diff(wang, m.Parties()); diff != "" {
			t.Errorf("parties (-want +got):\n%s", diff)
		}
		wantExport(t, r.Dir(), Concat, 4, 430, func(n int) [][]int16 {
			all := sides(n, 4)
			if n < 65 || n >= 395 {
				all[2] = nil
			}
			if n < 130 || n >= 200 {
				all[3] = nil
			}
			return all
		})
		wantExport(t, r.Dir(), MixDown, 2, 430, func(n int) [][]int16 {
			switch {
			case n < 65 || n >= 395:
				return sides(n, 2)
			case n < 130 || n >= 200:
				return [][]int16{tickSound(n, 0), softSum(sides(n, 3)[1:])}
			}
			return [][]int16{tickSound(n, 0), softSum(sides(n, 4)[1:])}
		})
	})
}

func softSum(sides [][]int16) []int16 {
	sum := make([]int16, len(sides[0]))
	for i := range sum {
		total := int32(0)
		for _, s := range sides {
			total += int32(s[i])
		}
		sum[i] = mix.Soften(total)
	}
	return sum
}

// wantExport compares an export with what each tick of it should hold.
func wantExport(t *testing.T, dir string, export func(dir, dest string, s Sealer) error, channels, ticks int, want func(n int) [][]int16) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "all.wav")
	if err := export(dir, path, nil); err != nil {
		t.Fatal(err)
	}
	format := media.Format{Rate: testRate, Channels: channels}
	pcm := wavSound(t, path, format)
	if len(pcm) != ticks*format.TickSamples() {
		t.Errorf("%d samples, want %d ticks", len(pcm), ticks)
	}
	n := 0
	for got := range slices.Chunk(pcm, format.TickSamples()) {
		tick := make([]int16, format.TickSamples())
		interleave(tick, want(n), channels)
		if !slices.Equal(got, tick) {
			t.Fatalf("%d channels: position %d does not hold its tick", channels, n)
		}
		n++
	}
}

func TestChannelsThatCannotBeAreRefused(t *testing.T) {
	r := newRecorder(t, Config{})
	setOthers(t, r, "agent:li")
	many := make([]string, MaxChannels-1)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for _, tc := range []struct {
		names []string
		want  hotline.Code
	}{
		{many, hotline.CodeOverload},
		{[]string{""}, hotline.CodeInvalid},
		{[]string{"a", "a"}, hotline.CodeInvalid},
		{[]string{Caller}, hotline.CodeInvalid},
		{[]string{strings.Repeat("x", maxName+1)}, hotline.CodeInvalid},
	} {
		if err := r.SetOthers(tc.names...); hotline.CodeOf(err) != tc.want {
			t.Errorf("%q: %v, want %s", tc.names, err, tc.want)
		}
	}
	if diff := cmp.Diff([]string{Caller, Hotline, "agent:li"}, r.ring.channels); diff != "" {
		t.Errorf("after errors (-want +got):\n%s", diff)
	}
	setOthers(t, r, many[:MaxChannels-2]...)
}

func TestTicksLostBeforeAJoinKeepTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, Config{})
		talk(r, 0, ringTicks+10) // nobody writes
		setOthers(t, r, "agent:li")
		talk(r, ringTicks+10, ringTicks+50)
		run(t, r)()
		wantExport(t, r.Dir(), Concat, 3, ringTicks+50, func(n int) [][]int16 {
			switch {
			case n < ringTicks:
				return sides(n, 2)
			case n < ringTicks+10:
				return nil
			}
			return sides(n, 3)
		})
		if lost := r.Stats().Lost; lost != 10 {
			t.Errorf("%d ticks lost, want 10", lost)
		}
	})
}

func TestRepairMendsATornSegmentOfThreeChannels(t *testing.T) {
	for name, tc := range map[string]struct {
		damage func(t *testing.T, dir string)
		names  []string
		bad    int // quarantined
	}{
		"torn in a sample": {func(t *testing.T, dir string) {
			patch(t, filepath.Join(dir, "0003.wav"), func(b []byte) []byte { return append(b, 1, 2, 3, 4, 5) })
		}, []string{Caller, Hotline, "agent:li"}, 0},
		"header of before": {func(t *testing.T, dir string) {
			patch(t, filepath.Join(dir, "0003.wav"), func(b []byte) []byte {
				copy(b, header(media.Format{Rate: testRate, Channels: 3}, 0))
				return b
			})
		}, []string{Caller, Hotline, "agent:li"}, 0},
		"no manifest": {func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, ManifestName)); err != nil {
				t.Fatal(err)
			}
		}, []string{Caller, Hotline, "party 3"}, 0},
		"other channels than the manifest says": {func(t *testing.T, dir string) {
			patch(t, filepath.Join(dir, "0003.wav"), func(b []byte) []byte { copy(b, header(stereo, 0)); return b })
		}, []string{Caller, Hotline, "agent:li"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			root, dir := crashed(t, 65)
			tc.damage(t, dir)
			done, err := Repair(root, nil, nil)
			if err != nil || done.Recordings != 1 || len(done.Quarantined) != tc.bad {
				t.Fatalf("repaired %+v, %v", done, err)
			}
			m, err := ReadManifest(dir)
			if err != nil {
				t.Fatal(err)
			}
			want := []Segment{
				{File: "0001.wav", Samples: 65 * 160, Channels: both},
				{File: "0002.wav", Start: 65 * 160, Samples: 300 * 160, Channels: tc.names},
				{File: "0003.wav", Start: 365 * 160, Samples: 85 * 160, Channels: tc.names},
			}
			if tc.bad > 0 {
				want = want[:2]
			}
			if diff := cmp.Diff(want, m.Segments, cmpopts.IgnoreFields(Segment{}, "SHA256")); diff != "" {
				t.Errorf("segments (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRecordingsOfVersion1AreReadRepairedAndExported takes the shape that manifests had before
// parties joined.
func TestRecordingsOfVersion1AreReadRepairedAndExported(t *testing.T) {
	root, dir := crashed(t, 0)
	patch(t, filepath.Join(dir, ManifestName), func(raw []byte) []byte {
		var m map[string]any
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		m["version"], m["left"], m["right"] = 1, "caller", "hotline"
		for _, s := range m["segments"].([]any) {
			delete(s.(map[string]any), "channels")
		}
		raw, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	})
	if done, err := Repair(root, nil, nil); err != nil || done.Recordings != 1 || len(done.Quarantined) != 0 {
		t.Fatalf("repaired %+v, %v", done, err)
	}
	m, err := ReadManifest(dir)
	if err != nil || m.Version != version {
		t.Fatalf("version %d, %v", m.Version, err)
	}
	for _, s := range m.Segments {
		if diff := cmp.Diff(both, s.Channels); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.File, diff)
		}
	}
	for _, export := range []func(dir, dest string, s Sealer) error{Concat, MixDown} {
		wantExport(t, dir, export, 2, 450, func(n int) [][]int16 { return sides(n, 2) })
	}
}

func TestTickAllDoesNotAllocate(t *testing.T) {
	r := newRecorder(t, Config{})
	setOthers(t, r, "agent:li", "consulted:wang")
	all := sides(1, 4)
	if n := testing.AllocsPerRun(2*ringTicks, func() { r.TickAll(all) }); n != 0 {
		t.Errorf("%v allocations per tick", n)
	}
}
