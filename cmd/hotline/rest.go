package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/hotline-cc/hotline/api"
)

// restClient talks to the REST API of a gateway.
type restClient struct {
	address string // host:port
	token   string // of a visitor or of another system, "" for none
	http    *http.Client
}

// post sends JSON and decodes the answer; a status of 300 and more is an error with what was answered. key
// makes sending again safe.
func (c restClient) post(ctx context.Context, path, key string, body, into any) (status int, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.address+api.Base+path, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
	case response.StatusCode >= http.StatusMultipleChoices:
		err = fmt.Errorf("POST %s: %s %s", path, response.Status, answer)
	default:
		err = json.Unmarshal(answer, into)
	}
	return response.StatusCode, err
}
