package tts

import (
	"container/list"
	"sync"
)

// memory keeps the prompts used last, up to limit bytes of PCM, and the pinned ones besides.
type memory struct {
	limit int64

	mu     sync.Mutex
	size   int64
	recent *list.List // of remembered, last used first
	byKey  map[key]*list.Element
	pinned map[key][]int16 // nil until the prompt is there
}

type remembered struct {
	key key
	pcm []int16
}

func newMemory(limit int64) *memory {
	return &memory{limit: limit, recent: list.New(), byKey: map[key]*list.Element{}, pinned: map[key][]int16{}}
}

func (m *memory) get(k key) ([]int16, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if pcm := m.pinned[k]; pcm != nil {
		return pcm, true
	}
	e, ok := m.byKey[k]
	if !ok {
		return nil, false
	}
	m.recent.MoveToFront(e)
	return e.Value.(remembered).pcm, true
}

func (m *memory) put(k key, pcm []int16) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(k)
	if _, ok := m.pinned[k]; ok {
		m.pinned[k] = pcm
		return
	}
	m.byKey[k] = m.recent.PushFront(remembered{k, pcm})
	m.size += bytesOf(pcm)
	for m.size > m.limit {
		m.forget(m.recent.Back().Value.(remembered).key)
	}
}

// pin keeps the prompt for good from its next put on.
func (m *memory) pin(k key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.pinned[k]; !ok {
		m.pinned[k] = nil
	}
}

// forget drops a prompt that is not pinned. m.mu is held.
func (m *memory) forget(k key) {
	if e, ok := m.byKey[k]; ok {
		m.size -= bytesOf(e.Value.(remembered).pcm)
		m.recent.Remove(e)
		delete(m.byKey, k)
	}
}

func bytesOf(pcm []int16) int64 { return 2 * int64(len(pcm)) }
