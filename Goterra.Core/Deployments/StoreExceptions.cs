using Goterra.Core.Model;

namespace Goterra.Core.Deployments;

/// <summary>The store cannot be reached, or timed out. The operation may have happened or not.</summary>
public class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The store has no room for this write, which did not happen. Reads still work.</summary>
public sealed class StoreFullException(string message, Exception? inner = null)
    : StoreUnavailableException(message, inner);

/// <summary>The store has lost the epoch of a namespace, and still has deployments in it.</summary>
public sealed class NamespaceEpochLostException(NamespaceName name) : StoreDamagedException(
    $"The store has lost part of its data: the epoch of the namespace '{name}'. Revoke the tokens of the namespace to "
    + "give it a new one.");

/// <summary>The requested data is damaged. Other data may be intact.</summary>
public class StoreDamagedException(string message, Exception? inner = null) : Exception(message, inner);
