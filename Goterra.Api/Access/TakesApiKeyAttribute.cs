namespace Goterra.Api.Access;

/// <summary>The action knows its caller by the header X-API-Key, and by nothing else. <see cref="ApiKeyAuthMiddleware"/> sees to it.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
internal sealed class TakesApiKeyAttribute : Attribute
{
    /// <summary>Where anonymous users are allowed at all, they may call this.</summary>
    public bool AllowsAnonymous { get; init; }
}
