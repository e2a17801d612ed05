package main

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
)

//go:embed browser/drive.mjs
var driveScript []byte

// browserTone is what every microphone of a driven browser says, in Hz.
const browserTone = 600

// browser is a Chromium that a test drives.
type browser struct {
	t      *testing.T
	input  *json.Encoder
	output *bufio.Scanner
	shots  string
}

// on is what to do, and where: a role with a name, a label, a text or a CSS selector.
type on map[string]any

func startBrowser(t *testing.T) *browser {
	t.Helper()
	packages, err := browserTools()
	if err != nil {
		if os.Getenv("CI") == "" {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	dir := t.TempDir()
	script, microphone := filepath.Join(dir, "drive.mjs"), filepath.Join(dir, "microphone.wav")
	const rate = 48000
	pcm := make([]int16, 10*rate)
	hum(browserTone, rate)(pcm)
	for file, content := range map[string][]byte{script: driveScript, microphone: wav.Append(nil, pcm, media.Mono(rate))} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	node := exec.Command("node", script, microphone, packages)
	node.Stderr = os.Stderr
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // the browser ends with its input
		_ = in.Close()
		kill := time.AfterFunc(20*time.Second, func() { _ = node.Process.Kill() })
		defer kill.Stop()
		_, _ = io.Copy(io.Discard, out)
		_ = node.Wait()
	})
	b := &browser{t: t, input: json.NewEncoder(in), output: bufio.NewScanner(out), shots: os.Getenv("HOTLINE_SHOTS")}
	b.output.Buffer(nil, 1<<20)
	return b
}

// do has a page do something and returns what came of it.
func (b *browser) do(page, what string, where on) any {
	b.t.Helper()
	value, err := b.try(page, what, where)
	if err != "" {
		b.picture(page, "failed")
		b.t.Fatalf("%s: %s %v: %s", page, what, where, err)
	}
	return value
}

func (b *browser) try(page, what string, where on) (value any, problem string) {
	b.t.Helper()
	order := map[string]any{"page": page, "do": what}
	for k, v := range where {
		order[k] = v
	}
	if err := b.input.Encode(order); err != nil {
		b.t.Fatal(err)
	}
	if !b.output.Scan() {
		b.t.Fatal("the browser has ended: ", b.output.Err())
	}
	var answer struct {
		Value any
		Error string
	}
	if err := json.Unmarshal(b.output.Bytes(), &answer); err != nil {
		b.t.Fatal(err)
	}
	return answer.Value, answer.Error
}

// picture keeps how a page looks in the folder that HOTLINE_SHOTS names.
func (b *browser) picture(page, name string) {
	b.t.Helper()
	if b.shots != "" {
		_, _ = b.try(page, "picture", on{"path": filepath.Join(b.shots, page+"-"+name+".png")})
	}
}

// hears waits until a page hears some tones and not others.
func (b *browser) hears(page string, loud []int, silent ...int) {
	b.t.Helper()
	const loudFrom, silentTo = -50, -65 // dB of a tone at -12 dB, less what Opus and the analyser's window take
	var heard any
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); {
		heard = b.do(page, "hears", on{"tones": append(append([]int{}, loud...), silent...)})
		levels, ok := heard.(map[string]any)
		level := func(hz int) float64 { v, _ := levels[strconv.Itoa(hz)].(float64); return v }
		for _, hz := range loud {
			ok = ok && level(hz) > loudFrom
		}
		for _, hz := range silent {
			ok = ok && level(hz) < silentTo
		}
		if ok {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	b.picture(page, "deaf")
	b.t.Fatalf("%s hears %v, want %v and not %v", page, heard, loud, silent)
}
