namespace Goterra.Api.Http;

/// <summary>
/// The request body or, if the client prefers that, the response body of this action is a value as is.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RawValueAttribute : Attribute;
