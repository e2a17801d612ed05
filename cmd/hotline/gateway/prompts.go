package gateway

import (
	"bufio"
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/kb"
	"github.com/hotline-cc/hotline/tts"
)

// filler is said when recognition takes long.
const filler = "请稍等。"

// promptRetry is the wait after a failed rendering.
const promptRetry = 2 * time.Second

// prompts counts those rendered ahead.
type prompts struct{ done, total int }

// sentences are what is rendered ahead: those of a file, one a line, or all fixed ones of the dialog.
func (g *Gateway) sentences() ([]string, error) {
	if g.opt.Prerender != nil {
		return g.opt.Prerender, nil
	}
	name := g.cfg.Speech.TTS.Prerender
	if name == "" {
		return g.content.engine.Load().Fixed(kb.DayOf(g.clock.Now())), nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, hotline.Errorf("speech.tts.prerender", hotline.CodeInvalid, "%w", err)
	}
	defer func() { _ = file.Close() }()
	var list []string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			list = append(list, line)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, hotline.Errorf("speech.tts.prerender", hotline.CodeInvalid, "%s: %w", name, err)
	}
	return list, nil
}

// renderPrompts speaks sentences into the cache, the most urgent first, and keeps them for when the
// engine is down. It waits for the engine, and again after each failure.
func (g *Gateway) renderPrompts(ctx context.Context) error {
	texts := append([]string{filler}, g.ahead...)
	g.setPrompts(0, len(texts))
	for i := 0; i < len(texts); {
		select {
		case <-g.speech.Ready():
		case <-ctx.Done():
			return nil
		}
		request := g.speech.request(dialog.Prompt{Text: texts[i]})
		if err := g.speech.Cache.Pin(ctx, []tts.Request{request}); err != nil {
			if ctx.Err() != nil || errors.Is(err, context.Canceled) {
				return nil
			}
			g.log.Warn("prompt not rendered, trying again", "error", err)
			select {
			case <-g.clock.After(promptRetry):
				continue
			case <-ctx.Done():
				return nil
			}
		}
		i++
		g.setPrompts(i, len(texts))
	}
	g.log.Info("prompts ready", "count", len(texts))
	return nil
}

func (g *Gateway) setPrompts(done, total int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.prompts = prompts{done, total}
}
