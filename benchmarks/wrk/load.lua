-- usage: wrk … URL -s /load.lua -- METHOD     a thousand variables, each time another value; prints the result last
local method, number = "GET", 0

function init(arguments)
  method = arguments[1] or method
  if method == "POST" then
    wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  end
end

function request()
  number = number + 1
  if method == "POST" then
    return wrk.format("POST", "/var/bench-" .. number % 1000, nil, "value=" .. number)
  end
  return wrk.format(method)
end

function done(summary, latency, _)
  local errors = summary.errors
  print(string.format("%f %f %f %d", summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
