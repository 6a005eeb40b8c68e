namespace Goterra.Core.Deployments;

/// <summary>The store cannot be reached, or timed out. The operation may have happened or not.</summary>
public class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The store has no room for this write, which did not happen. Reads still work.</summary>
public sealed class StoreFullException(string message, Exception? inner = null)
    : StoreUnavailableException(message, inner);

/// <summary>The requested data is damaged. Other data may be intact.</summary>
public class StoreDamagedException(string message, Exception? inner = null) : Exception(message, inner);
