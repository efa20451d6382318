-- For wrk: counts answers of another status than the one expected, and writes what it measured as one line of JSON.
-- Arguments: the status expected; then, if any, what stands in If-None-Match.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  expected, unlike, answered = tonumber(arguments[1]), 0, 0
  if arguments[2] then wrk.headers["If-None-Match"] = arguments[2] end
end

function response(status)
  answered = answered + 1
  if status ~= expected then unlike = unlike + 1 end
end

function done(summary, latency)
  local wrong, right = 0, 0
  for _, thread in ipairs(threads) do
    wrong, right = wrong + thread:get("unlike"), right + thread:get("answered") - thread:get("unlike")
  end
  local lost = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format('\n{"right": %d, "failed": %d, "seconds": %f, "p95": %f}\n',
    right, wrong + lost, summary.duration / 1e6, latency:percentile(95.0) / 1e3))
end
