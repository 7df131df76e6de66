#include "addon/environment_flights.h"

#include <cstring>
#include <optional>
#include <utility>

#include "process/forked_child.h"

namespace ebbcache {
namespace {

/// Empty in a thread that is being terminated, where no buffer is made any more, and no exception
/// says so.
Napi::Value toBytes(Napi::Env env, const std::string& content) {
  void* data = nullptr;
  napi_value buffer = nullptr;
  napi_value bytes = nullptr;
  if (napi_create_arraybuffer(env, content.size(), &data, &buffer) != napi_ok ||
      napi_create_typedarray(env, napi_uint8_array, content.size(), buffer, 0, &bytes) != napi_ok) {
    return {};
  }
  if (!content.empty()) std::memcpy(data, content.data(), content.size());
  return {env, bytes};
}

}  // namespace

EnvironmentFlights::EnvironmentFlights(Napi::Env env, FlightRegistry& registry)
    : env_(env),
      registry_(registry),
      member_(std::make_shared<FlightMember>([this] { signal_.NonBlockingCall(); })),
      signal_(Signal::New(env, "ebbcache flights", 0, 1, this)) {
  if (signal_ == nullptr) {
    closed_ = true;
    return;
  }
  signal_.Unref(env);
  // The hook that was added last runs first: nobody wakes by a signal that Node has closed.
  napi_add_env_cleanup_hook(
      env, [](void* flights) { static_cast<EnvironmentFlights*>(flights)->close(); }, this);
}

FlightSeat EnvironmentFlights::join(std::string_view scope, std::string_view key,
                                    std::string_view version, const Napi::Function& told) {
  // Takes part in nothing any more: on its own.
  if (closed_) return {0, true};
  const FlightSeat seat = registry_.join(member_, scope, key, version);
  try {
    seats_.emplace(seat.ticket, Seat{Napi::Persistent(told), !seat.leads});
  } catch (...) {
    // Others may follow it already.
    registry_.handOn(seat.ticket);
    throw;
  }
  if (!seat.leads && ++following_ == 1) signal_.Ref(env_);
  return seat;
}

bool EnvironmentFlights::isCurrent(FlightTicket ticket) const {
  return seats_.count(ticket) > 0 && registry_.isCurrent(ticket);
}

bool EnvironmentFlights::leave(FlightTicket ticket) {
  if (seats_.count(ticket) == 0) return true;
  if (!registry_.leave(ticket)) return false;
  remove(ticket);
  return true;
}

void EnvironmentFlights::handOn(FlightTicket ticket) {
  if (seats_.count(ticket) == 0) return;
  registry_.handOn(ticket);
  remove(ticket);
}

void EnvironmentFlights::land(FlightTicket ticket, std::string result) {
  const auto seat = seats_.find(ticket);
  if (seat == seats_.end() || seat->second.follows) return;
  registry_.land(ticket, std::move(result));
  remove(ticket);
}

void EnvironmentFlights::onNews(Napi::Env env, Napi::Function, EnvironmentFlights* flights, void*) {
  // Without an environment it is only to free the data, and there is none.
  if (env != nullptr) flights->tellNext();
}

void EnvironmentFlights::tellNext() {
  const std::optional<FlightNews> news = member_->takeNews();
  if (!news) return;
  const auto seat = seats_.find(news->ticket);
  if (seat == seats_.end()) return;
  const Napi::Function told = seat->second.told.Value();
  const auto event = Napi::Number::New(env_, static_cast<double>(news->event));
  if (news->event != FlightEvent::kLanded) {
    stopFollowing(seat->second);
    told.Call({event});
    return;
  }
  remove(news->ticket);
  const Napi::Value bytes = toBytes(env_, *news->result);
  if (!bytes.IsEmpty()) told.Call({event, bytes});
}

void EnvironmentFlights::stopFollowing(Seat& seat) {
  if (std::exchange(seat.follows, false) && --following_ == 0) signal_.Unref(env_);
}

void EnvironmentFlights::remove(FlightTicket ticket) {
  const auto seat = seats_.find(ticket);
  stopFollowing(seat->second);
  seats_.erase(seat);
}

void EnvironmentFlights::close() {
  if (inForkedChild()) return;
  if (std::exchange(closed_, true)) return;
  registry_.leaveAll(*member_);
  member_->close();
  seats_.clear();
  signal_.Release();
}

}  // namespace ebbcache
